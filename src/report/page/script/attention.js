// What needs attention, most urgent first, with the reason and what to do.

/** So many are listed at once. */
const AT_ONCE = 100;

/** Fills the view, and returns how many takes need attention. */
function showAttention(open) {
  const takes = TAKES.filter((take) => take.urgency !== undefined);
  takes.sort((one, other) => one.urgency - other.urgency || one.place - other.place);
  const list = make("ol", { class: "attention" });
  const more = button("", () => add());
  const add = () => {
    const from = list.childElementCount;
    list.append(...takes.slice(from, from + AT_ONCE).map((take) => entryFor(take, () => open(take, takes))));
    const left = takes.length - list.childElementCount;
    more.hidden = left === 0;
    more.textContent = `Show ${Math.min(left, AT_ONCE)} more of ${left}`;
  };
  add();
  const nothing = make("p", { class: "nothing" }, "Nothing: no take has failed, is unresolved, off-spec or on its way.");
  byId("attention-list").replaceChildren(takes.length > 0 ? list : nothing, more);
  return takes.length;
}

function entryFor(take, open) {
  const { name, outcome, reason, deviations, help, ask, times, facts } = take;
  const evidence = outcome === "unresolved" && factList([["submitted", times.submitted === undefined ? "" : moment(times.submitted)], ["price", take.price ?? ""], ...facts].filter(([, fact]) => fact));
  return make(
    "li",
    { class: outcome },
    make("h3", {}, button(name, open, { class: "link", title: "Open it" }), " ", badge(outcome)),
    (reason ? [reason] : deviations).map((why) => said("p", why, { class: "reason" })),
    help && make("p", { class: "help" }, told(help)),
    evidence,
    said("p", beginning(ask.prompt, 200), { class: "prompt" }),
  );
}
