// The contact sheet: what is printed. The wall has only what is in sight, so every take that is looked at is laid out for the while.

class Sheet {
  #place = byId("sheet");

  constructor({ reviews, pictures, takesOf }) {
    Object.assign(this, { reviews, pictures, takesOf });
    addEventListener("beforeprint", () => this.#place.firstChild || this.#lay());
    addEventListener("afterprint", () => this.#place.replaceChildren());
    // A browser that prints at once does not wait for the pictures: its keys do what our button does.
    document.addEventListener("keydown", (event) => {
      if (!isForPrinting(event)) return;
      event.preventDefault();
      if (!byId("print").disabled) this.print(byId("print"));
    });
  }

  /** Prints it once its pictures are there, which `button` tells meanwhile. */
  async print(button) {
    const words = button.textContent;
    Object.assign(button, { disabled: true, textContent: "Laying out…" });
    this.#lay();
    await this.pictures.settled();
    Object.assign(button, { disabled: false, textContent: words });
    print();
  }

  /** Pictures out of the videos are large in memory: a long sheet has those that have posters. */
  #lay() {
    const takes = this.takesOf();
    const isLong = takes.length > KEPT;
    const head = make("h1", {}, `Rushes: ${counted(takes.length, "take")}`);
    this.#place.replaceChildren(head, make("p", {}, DATA.title), make("ol", {}, takes.map((take) => this.#entry(take, isLong))));
  }

  #entry(take, isLong) {
    const { verdict, rating, note } = this.reviews.of(take);
    const frame = make("span", { class: "frame" });
    this.pictures.show(frame, take, isLong);
    const marks = [verdict && wordFor(verdict), rating && stars(rating), take.outcome !== "stored" && wordFor(take.outcome)];
    return make(
      "li",
      {},
      make("div", { class: "film" }, make("span", { class: "blank" }, take.video ? "" : wordFor(take.outcome)), frame),
      make("p", { class: "name" }, make("b", {}, take.name), ` ${marks.filter(Boolean).join(" · ")}`),
      said("p", beginning(take.ask.prompt, 110), { class: "prompt" }),
      note && said("p", beginning(note, 110), { class: "note" }),
    );
  }
}

/** Whether these are the browser's keys for printing. On a Mac Ctrl+P is a key of text fields. */
const isForPrinting = ({ key, ctrlKey, metaKey, shiftKey, altKey, target }) =>
  key.toLowerCase() === "p" && !shiftKey && !altKey && (metaKey || (ctrlKey && !target.closest("input, textarea")));
