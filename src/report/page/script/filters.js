// The bar above the wall: it shows the query and changes it. The query itself belongs to main.

const SORT_WORDS = {
  shot: "Script order", attention: "Attention first", submitted: "Submitted", generation: "Time to generate", price: "Price", rating: "Rating",
};
const REVIEW_WORDS = {
  "": "Any", picked: "Picked", rejected: "Rejected", unreviewed: "Not reviewed", noted: "With a note",
  "rated-1": "★ or more", "rated-2": "★★ or more", "rated-3": "★★★ or more", "rated-4": "★★★★ or more", "rated-5": "★★★★★",
};
const SIZE_WORDS = { small: "Small", medium: "Medium", large: "Large" };

class Filters {
  #fields = Object.fromEntries(["text", "scene", "tag", "outcome", "review", "sort", "size"].map((name) => [name, byId(name)]));

  /** Calls `change` with what is to be different about the query. */
  constructor(change) {
    const present = DATA.totals.map(({ outcome, count }) => [outcome, `${wordFor(outcome)} (${count})`]);
    this.#fill("scene", [["", "All"], ...namesOf(TAKES.map(({ shot }) => shot.scene))]);
    this.#fill("tag", [["", "All"], ...namesOf(SHOTS.flatMap(({ tags }) => tags))]);
    this.#fill("outcome", [["", "All"], ["attention", "Needs attention"], ...present]);
    this.#fill("review", Object.entries(REVIEW_WORDS));
    this.#fill("sort", Object.entries(SORT_WORDS));
    this.#fill("size", Object.entries(SIZE_WORDS));
    for (const [name, field] of Object.entries(this.#fields)) {
      field.addEventListener("input", () => change({ [name]: field.value }));
    }
    byId("back").addEventListener("click", () => change({ back: byId("back").getAttribute("aria-pressed") === "true" ? "" : "1" }));
    byId("more").addEventListener("click", () => {
      const isOpen = byId("filters").classList.toggle("open");
      byId("more").setAttribute("aria-expanded", String(isOpen));
    });
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("reset", (event) => {
      event.preventDefault();
      change({ ...EVERYTHING, size: this.#fields.size.value });
    });
  }

  /** Shows the query, and how many takes it lets through. */
  show(query, found) {
    for (const [name, field] of Object.entries(this.#fields)) {
      if (field.value !== query[name]) field.value = query[name];
    }
    byId("back").setAttribute("aria-pressed", String(Boolean(query.back)));
    byId("count").textContent = found === TAKES.length ? counted(found, "take") : `${grouped(found)} of ${counted(TAKES.length, "take")}`;
    const nothing = byId("nothing");
    nothing.hidden = found > 0;
    nothing.textContent = TAKES.length > 0 ? "No take is like this. Clear the filters to see all." : "No takes yet. Run a manifest, and they are here.";
  }

  search() {
    this.#fields.text.focus();
    this.#fields.text.select();
  }

  #fill(name, options) {
    this.#fields[name].replaceChildren(...options.map(([value, words]) => make("option", { value }, words)));
    this.#fields[name].parentElement.hidden = options.length < 2;
  }
}

/** Each name once, in order, numbers by their size. */
function namesOf(names) {
  const { compare } = new Intl.Collator("en", { numeric: true });
  return [...new Set(names.filter(Boolean))].sort(compare).map((name) => [name, name]);
}
