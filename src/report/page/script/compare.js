// All takes of a shot side by side, played as one.

/** So many stand side by side at once. */
const ABREAST = 12;

class Compare {
  #dialog = byId("compare");
  #shuttle = new Shuttle();
  #shot = null;
  #from = 0;
  #at = 0;
  #cells = [];

  constructor({ reviews }) {
    this.reviews = reviews;
    this.title = make("h2", { id: "compare-title" });
    this.grid = make("div", { class: "abreast" });
    this.more = button("More takes", () => this.#turn());
    const head = make("header", {}, this.title, this.more, button("Close", () => this.close(), { title: "Close (Esc)" }));
    this.#dialog.append(make("div", { class: "stage" }, head, this.grid, make("footer", {}, transport(this.#shuttle))));
    this.#dialog.addEventListener("close", () => this.#empty());
    reviews.listen(() => this.#shot && this.#review());
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** Opens with this take as the current one. */
  open(take) {
    this.#shot = take.shot;
    const place = take.shot.takes.indexOf(take);
    this.#from = place - (place % ABREAST);
    this.#dialog.showModal();
    this.#show(place % ABREAST);
  }

  close() {
    this.#dialog.close();
  }

  keys() {
    return {
      ...shuttleKeys(this.#shuttle),
      ...verdictKeys(this.reviews, () => this.#cells[this.#at]?.take),
      ",": () => this.#choose(this.#at - 1),
      ".": () => this.#choose(this.#at + 1),
      c: () => this.close(),
    };
  }

  #show(current = 0) {
    const { takes } = this.#shot;
    const shown = takes.slice(this.#from, this.#from + ABREAST);
    const which = takes.length > ABREAST ? `takes ${this.#from + 1} to ${this.#from + shown.length} of ${takes.length}` : counted(takes.length, "take");
    this.title.replaceChildren(this.#shot.id, make("small", {}, ` ${which}`));
    this.more.hidden = takes.length <= ABREAST;
    this.#cells = shown.map((take, place) => this.#cell(take, place));
    this.grid.replaceChildren(...this.#cells.map((cell) => cell.node));
    this.grid.style.setProperty("--columns", this.#columns(shown.length));
    this.#shuttle.load(this.#cells.map((cell) => cell.video).filter(Boolean), shown[0].rate);
    this.#choose(current);
    this.#review();
    this.#shuttle.play();
  }

  /** As many columns as make the pictures largest. */
  #columns(count) {
    const [width, height] = this.#shot.ask.shape;
    const area = { width: innerWidth, height: innerHeight - 160 };
    const picture = (columns) => {
      const rows = Math.ceil(count / columns);
      return Math.min(area.width / columns, ((area.height / rows - 60) * width) / height);
    };
    const choices = Array.from({ length: count }, (_, place) => place + 1);
    return choices.reduce((best, columns) => (picture(columns) > picture(best) ? columns : best), 1);
  }

  #cell(take, place) {
    const verdict = verdictButtons(this.reviews, () => take);
    const video = take.video && make("video", { playsinline: true, preload: "auto", src: take.video, "aria-label": take.name });
    if (video) video.muted = true;
    if (video) video.addEventListener("error", () => video.replaceWith(unplayable(take)));
    const picture = video || make("p", { class: `blank ${take.outcome}` }, wordFor(take.outcome));
    const bar = make("div", { class: "marks" }, make("b", {}, take.number), take.outcome !== "stored" && badge(take.outcome), verdict.buttons);
    const node = make("article", { "aria-label": take.name, click: () => this.#choose(place), focusin: () => this.#choose(place) }, picture, bar);
    return { take, node, video, verdict };
  }

  #choose(place) {
    if (!this.#cells[place]) return;
    this.#at = place;
    this.#cells.forEach((cell, other) => cell.node.classList.toggle("current", other === place));
  }

  #review() {
    for (const { take, node, verdict } of this.#cells) {
      node.dataset.verdict = this.reviews.of(take).verdict ?? "";
      verdict.update();
    }
  }

  #turn() {
    this.#from = this.#from + ABREAST < this.#shot.takes.length ? this.#from + ABREAST : 0;
    this.#show();
  }

  #empty() {
    this.#shuttle.load([], 24);
    const take = this.#cells[this.#at]?.take;
    this.#cells = [];
    this.grid.replaceChildren();
    this.#shot = null;
    this.left?.(take);
  }
}
