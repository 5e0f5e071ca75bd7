// The controls that say something of a take, and the keys for them. They hold nothing: what is said, Reviews knows.

const VERDICTS = [["pick", "Pick", "p"], ["reject", "Reject", "x"]];

/** Buttons for the verdict on the take that `takeOf` names, and a function that brings them up to date. */
function verdictButtons(reviews, takeOf) {
  const buttons = VERDICTS.map(([verdict, words, key]) => {
    const press = () => takeOf() && reviews.toggle(takeOf(), verdict);
    return button(words, press, { class: verdict, "aria-keyshortcuts": key.toUpperCase(), "aria-pressed": "false" });
  });
  const update = () => {
    const said = takeOf() && reviews.of(takeOf()).verdict;
    buttons.forEach((button, place) => {
      const [verdict, words] = VERDICTS[place];
      button.hidden = !takeOf()?.video;
      button.setAttribute("aria-pressed", String(said === verdict));
      button.setAttribute("aria-label", `${words} ${takeOf()?.name ?? ""}`);
    });
  };
  return { buttons, update };
}

/** A row of stars for the rating of the take that `takeOf` names, and a function that brings it up to date. */
function ratingButtons(reviews, takeOf) {
  const numbers = [1, 2, 3, 4, 5];
  const buttons = numbers.map((number) => button("☆", () => reviews.rate(takeOf(), number), { "aria-label": counted(number, "star") }));
  const row = make("div", { class: "rating", role: "group", "aria-label": "Rating" }, buttons);
  const update = () => {
    const rating = reviews.of(takeOf()).rating ?? 0;
    row.hidden = !takeOf().video;
    buttons.forEach((button, place) => {
      button.textContent = place < rating ? "★" : "☆";
      button.setAttribute("aria-pressed", String(place + 1 === rating));
    });
  };
  return { row, update };
}

/** A field for the note on the take that `takeOf` names; said when the field is left, or `commit` is called before it goes. */
function noteField(reviews, takeOf) {
  const field = make("textarea", { rows: 2, dir: "auto", maxlength: 10000, placeholder: "Note" });
  // Fields change line ends by themselves: only what a person has changed is said.
  let shown = "";
  const commit = () => takeOf() && field.value !== shown && reviews.change(takeOf(), { note: (shown = field.value) });
  field.addEventListener("change", commit);
  const whole = make("label", { class: "note" }, make("span", { class: "unseen" }, "Note"), field);
  const update = () => {
    whole.hidden = !takeOf().video;
    if (document.activeElement === field) return;
    field.value = reviews.of(takeOf()).note ?? "";
    shown = field.value;
  };
  return { field: whole, update, commit };
}

/** The keys that say something of the take that `takeOf` names. */
function verdictKeys(reviews, takeOf) {
  const about = (act) => () => takeOf() && act(takeOf());
  const keys = Object.fromEntries(VERDICTS.map(([verdict, , key]) => [key, about((take) => reviews.toggle(take, verdict))]));
  for (const rating of [1, 2, 3, 4, 5]) keys[rating] = about((take) => reviews.rate(take, rating));
  keys[0] = about((take) => reviews.change(take, { rating: null }));
  keys.u = about((take) => reviews.change(take, { verdict: null }));
  return keys;
}
