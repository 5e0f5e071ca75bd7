// A card of the wall: one take as a picture, its name and how it stands. Cards are used again for other takes, so making one and filling
// it are two things.

class Card {
  take = null;
  place = -1;

  constructor(reviews) {
    this.reviews = reviews;
    this.frame = make("span", { class: "frame" });
    this.blank = make("span", { class: "blank" });
    this.film = make("button", { type: "button", class: "film", tabindex: -1 }, this.blank, this.frame);
    this.name = make("p", { class: "name" });
    this.prompt = said("p", "", { class: "prompt" });
    this.stars = make("span", { class: "stars" });
    this.verdict = verdictButtons(reviews, () => this.take);
    const marks = make("div", { class: "marks" }, this.verdict.buttons, this.stars);
    this.node = make("li", { class: "card" }, this.film, make("div", { class: "caption" }, this.name, this.prompt, marks));
  }

  /** Shows this take, at this place of so many. */
  fill(take, place, count) {
    Object.assign(this, { take, place });
    const { shot, number, outcome } = take;
    this.name.replaceChildren(make("b", {}, shot.id), " ", number, outcome === "stored" ? "" : badge(outcome));
    this.name.title = take.name;
    this.prompt.textContent = beginning(take.ask.prompt, 120);
    this.blank.textContent = take.video ? "" : wordFor(outcome);
    this.blank.className = `blank ${outcome}`;
    this.node.setAttribute("aria-setsize", count);
    this.node.setAttribute("aria-posinset", place + 1);
    this.review();
  }

  /** Shows what is said of its take now. */
  review() {
    const { verdict, rating } = this.reviews.of(this.take);
    this.node.dataset.verdict = verdict ?? "";
    this.stars.textContent = rating ? stars(rating) : "";
    this.verdict.update();
    const words = [this.take.name, wordFor(this.take.outcome), verdict && wordFor(verdict), rating && counted(rating, "star")];
    this.film.setAttribute("aria-label", words.filter(Boolean).join(", "));
  }

  /** Whether it is the one that the Tab key reaches. */
  current(is) {
    this.node.classList.toggle("current", is);
    [this.film, ...this.verdict.buttons].forEach((button) => (button.tabIndex = is ? 0 : -1));
  }

  move({ x, y }) {
    this.node.style.transform = `translate(${x}px, ${y}px)`;
  }
}
