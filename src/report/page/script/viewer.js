// The viewer: one take, large, with its shuttle, what is said of it and all that is known of it.

class Viewer {
  #dialog = byId("viewer");
  #shuttle = new Shuttle();
  #list = [];
  #take = null;
  /** Whether F has asked to leave the whole screen. Browsers tell of a change late, and of two at once twice. */
  #leaving = false;

  constructor({ reviews, compare }) {
    const takeOf = () => this.#take;
    this.reviews = reviews;
    this.compare = () => {
      const [take, list] = [this.#take, this.#list];
      this.close();
      compare(take, list);
    };
    this.verdict = verdictButtons(reviews, takeOf);
    this.rating = ratingButtons(reviews, takeOf);
    this.note = noteField(reviews, takeOf);
    this.screen = make("div", { class: "screen" });
    this.title = make("h2", { id: "viewer-title" });
    this.panel = make("div", { class: "panel" });
    this.stage = this.#build();
    this.#dialog.append(this.stage);
    this.#dialog.addEventListener("close", () => this.#empty());
    document.addEventListener("fullscreenchange", () => this.#followScreen());
    addEventListener("pagehide", () => this.note.commit());
    reviews.listen((take) => this.#take && (!take || take === this.#take) && this.#review());
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** Opens at this take of `list`; on the whole screen if asked to, and if the browser lets it. */
  open(take, list, whole) {
    this.#list = list;
    this.#dialog.showModal();
    this.#show(take);
    if (whole) this.#fill();
  }

  close() {
    if (document.fullscreenElement) document.exitFullscreen();
    this.#dialog.close();
  }

  keys() {
    return {
      ...shuttleKeys(this.#shuttle),
      ...verdictKeys(this.reviews, () => this.#take),
      ",": () => this.#by(-1),
      ".": () => this.#by(1),
      c: () => this.compare(),
      f: () => this.#toggleScreen(),
      i: () => this.#togglePanel(),
      n: () => this.#write(),
    };
  }

  #build() {
    const say = make("div", { class: "say" }, this.verdict.buttons, this.rating.row);
    const head = make(
      "header",
      {},
      this.title,
      button("Previous", () => this.#by(-1), { title: "Previous take (,)" }),
      button("Next", () => this.#by(1), { title: "Next take (.)" }),
      button("Compare", () => this.compare(), { title: "All takes of the shot side by side (C)" }),
      button("Details", () => this.#togglePanel(), { class: "wide-only", title: "Show or hide what is known (I)" }),
      document.fullscreenEnabled && button("Full screen", () => this.#toggleScreen(), { title: "Full screen (F)" }),
      button("Close", () => this.close(), { title: "Close (Esc)" }),
    );
    const aside = make("aside", { "aria-label": "Details" }, this.note.field, this.panel);
    return make("div", { class: "stage" }, head, this.screen, make("footer", {}, transport(this.#shuttle), say), aside);
  }

  #show(take) {
    this.note.commit();
    this.#take = take;
    const place = this.#list.indexOf(take);
    this.title.replaceChildren(take.name, " ", badge(take.outcome), make("small", {}, place >= 0 ? ` ${place + 1} of ${this.#list.length}` : ""));
    this.screen.replaceChildren(take.video ? this.#video(take) : make("p", { class: `blank ${take.outcome}` }, wordFor(take.outcome)));
    this.panel.replaceChildren(...detailsOf(take).filter(Boolean));
    this.#review();
    if (take.video) this.#shuttle.play();
  }

  #video(take) {
    const video = make("video", { playsinline: true, preload: "auto", src: take.video, "aria-label": take.name, click: () => this.#shuttle.toggle() });
    video.addEventListener("error", () => video.replaceWith(unplayable(take)));
    this.#shuttle.load([video], take.rate);
    return video;
  }

  #review() {
    this.#dialog.dataset.verdict = this.reviews.of(this.#take).verdict ?? "";
    [this.verdict, this.rating, this.note].forEach((part) => part.update());
  }

  #by(steps) {
    const next = this.#list[this.#list.indexOf(this.#take) + steps];
    if (next) this.#show(next);
  }

  #empty() {
    this.note.commit();
    this.#shuttle.load([], 24);
    this.screen.replaceChildren();
    const take = this.#take;
    this.#take = null;
    this.left?.(take);
  }

  /** Begins a note, where it can be seen. */
  #write() {
    this.stage.classList.remove("plain");
    this.note.field.querySelector("textarea").focus();
  }

  #togglePanel() {
    this.stage.classList.toggle("plain");
  }

  async #fill() {
    // An iPhone never lets it: then all is shown, for there is no way back from less.
    if (!document.fullscreenEnabled) return;
    this.#leaving = false;
    this.stage.classList.add("plain");
    await this.stage.requestFullscreen().catch(() => this.stage.classList.remove("plain"));
  }

  async #toggleScreen() {
    if (!document.fullscreenElement) return this.#fill();
    this.#leaving = true;
    await document.exitFullscreen();
  }

  /** Escape on the whole screen leaves both; F leaves the screen alone. */
  #followScreen() {
    if (document.fullscreenElement) return;
    this.stage.classList.remove("plain");
    if (!this.#leaving && this.isOpen) this.#dialog.close();
  }
}
