// The wall: all takes that are looked at, of which only those in sight, and the current one, are in the page.

class Wall {
  #grid = byId("grid");
  #takes = [];
  #room = null;
  #layout = gridFor(0, 0, "medium", 0);
  #size = "medium";
  #cards = new Map();
  #spare = [];
  #at = 0;
  #soon = soon(() => this.#draw());
  #edge = { top: 0, head: 0 };

  constructor({ reviews, pictures, preview, open }) {
    Object.assign(this, { reviews, pictures, preview });
    addEventListener("scroll", () => this.#soon(), { passive: true });
    const sizes = new ResizeObserver(() => this.#measure());
    [this.#grid, byId("top"), byId("filters"), byId("pending")].forEach((part) => sizes.observe(part));
    this.#grid.addEventListener("focusin", (event) => this.#withCard(event, (card) => this.#become(card.place)));
    this.#grid.addEventListener("click", (event) => {
      // In Safari a button that is clicked does not get the focus.
      this.#withCard(event, (card) => this.#become(card.place));
      if (event.target.closest(".film")) this.#withCard(event, (card) => open(card.take, event.detail > 0));
    });
    this.#grid.addEventListener("pointerover", (event) => {
      if (event.pointerType === "mouse" && event.target.closest(".film")) this.#withCard(event, (card) => preview.hover(card.frame, card.take));
    });
    this.#grid.addEventListener("pointerout", (event) => {
      if (event.target.closest(".film") && !event.relatedTarget?.closest?.(".film")) preview.stop();
    });
    reviews.listen((take) => [...this.#cards.values()].filter((card) => !take || card.take === take).forEach((card) => card.review()));
  }

  get takes() {
    return this.#takes;
  }

  /** The take that keys and the shuttle are about. */
  get current() {
    return this.#takes[this.#at];
  }

  /** Shows these takes, in this order. The current take stays the current one if it is among them, else its place does. */
  show(takes, size) {
    const place = takes.indexOf(this.current);
    const hadFocus = this.#grid.contains(document.activeElement);
    this.preview.stop();
    this.#takes = takes;
    this.#size = size;
    this.#at = place >= 0 ? place : Math.max(0, Math.min(this.#at, takes.length - 1));
    [...this.#cards.keys()].forEach((place) => this.#drop(place));
    if (this.#room) this.#arrange();
    else this.#measure();
    this.#soon();
    if (hadFocus) this.focus();
  }

  /** Makes the current card the one with the keyboard's focus. */
  focus() {
    this.#bringIntoSight();
    this.#draw();
    this.#cards.get(this.#at)?.film.focus({ preventScroll: true });
  }

  /** Goes to this take, if it is on the wall. */
  goTo(take) {
    this.#go(this.#takes.indexOf(take));
  }

  /** The keys of the wall. */
  keys() {
    const by = (steps) => () => this.#go(Math.min(this.#takes.length - 1, Math.max(0, this.#at + steps())));
    const rows = (rows) => by(() => rows * this.#layout.columns);
    const inSight = () => Math.max(1, Math.floor((innerHeight - this.#edge.head) / this.#layout.row));
    const drive = (act) => () => this.#drive(act);
    return {
      ArrowLeft: by(() => -1),
      ArrowRight: by(() => 1),
      ArrowUp: rows(-1),
      ArrowDown: rows(1),
      PageUp: by(() => -inSight() * this.#layout.columns),
      PageDown: by(() => inSight() * this.#layout.columns),
      Home: by(() => -this.#takes.length),
      End: by(() => this.#takes.length),
      j: drive((shuttle) => shuttle.backward()),
      k: drive((shuttle) => shuttle.pause()),
      l: drive((shuttle) => shuttle.forward()),
      " ": drive((shuttle) => shuttle.toggle()),
    };
  }

  #drive(act) {
    const card = this.#cards.get(this.#at);
    if (card) this.preview.drive(card.frame, card.take, act);
  }

  #go(place) {
    if (!this.#takes[place]) return;
    this.preview.stop();
    this.#become(place);
    this.focus();
  }

  #become(place) {
    const before = this.#at;
    this.#at = place;
    this.#cards.get(before)?.current(false);
    this.#cards.get(place)?.current(true);
    if (before !== place) this.#soon();
  }

  #withCard(event, act) {
    const node = event.target.closest(".card");
    const card = node && [...this.#cards.values()].find((card) => card.node === node);
    if (card) act(card);
  }

  #bringIntoSight() {
    const top = this.#edge.top + spotOf(this.#layout, this.#at).y;
    const bottom = top + this.#layout.row;
    if (top - this.#edge.head < scrollY) scrollTo({ top: top - this.#edge.head });
    else if (bottom > scrollY + innerHeight) scrollTo({ top: bottom - innerHeight });
  }

  /** Everything that asks the browser where things are; drawing does not. */
  #measure() {
    if (this.#grid.clientWidth === 0) return;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.#room = { width: this.#grid.clientWidth, caption: 5.1 * rem };
    const [top, bar] = [byId("top").offsetHeight, byId("filters").offsetHeight];
    this.#edge = { top: this.#grid.getBoundingClientRect().top + scrollY, head: top + bar + 8 };
    document.documentElement.style.setProperty("--head", `${top}px`);
    this.#arrange();
    this.#draw();
  }

  /** Gives the cards their places in the room that was measured. */
  #arrange() {
    const { width, caption } = this.#room;
    this.#layout = gridFor(this.#takes.length, width, this.#size, caption);
    this.#grid.style.height = `${this.#layout.height}px`;
    this.#grid.style.setProperty("--cell", `${this.#layout.cell}px`);
    this.#cards.forEach((card) => card.move(spotOf(this.#layout, card.place)));
  }

  #draw() {
    const top = scrollY - this.#edge.top;
    const [first, end] = placesBetween(this.#layout, top - innerHeight / 2, top + 1.5 * innerHeight);
    const isWanted = (place) => (place >= first && place < end) || place === this.#at;
    [...this.#cards.keys()].filter((place) => !isWanted(place)).forEach((place) => this.#drop(place));
    this.#spare.sort((one, other) => (isBefore(one.node, other.node) ? -1 : 1));
    for (let place = first; place < end; place++) this.#put(place);
    if (this.#takes[this.#at]) this.#put(this.#at);
  }

  #put(place) {
    if (this.#cards.has(place)) return;
    const card = this.#spare.shift() ?? new Card(this.reviews);
    this.#order(card.node, place);
    this.#cards.set(place, card);
    card.fill(this.#takes[place], place, this.#takes.length);
    card.current(place === this.#at);
    card.move(spotOf(this.#layout, place));
    this.pictures.show(card.frame, card.take);
    card.node.hidden = false;
  }

  /** Those who do not see the wall read it in the order of the document. To move a card there costs far more than to fill it, so one that
   * is between its neighbours already stays. */
  #order(node, place) {
    const places = [...this.#cards.keys()];
    const before = this.#cards.get(Math.max(...places.filter((other) => other < place)))?.node;
    const after = this.#cards.get(Math.min(...places.filter((other) => other > place)))?.node;
    const isThere = node.isConnected && (!before || isBefore(before, node)) && (!after || isBefore(node, after));
    if (!isThere) this.#grid.insertBefore(node, after ?? null);
  }

  /** A spare card stays in the page, out of sight: taking it out would cost more. */
  #drop(place) {
    const card = this.#cards.get(place);
    card.node.hidden = true;
    card.frame.take = null;
    this.#cards.delete(place);
    this.#spare.push(card);
  }
}

/** Whether the one comes first in the document. */
const isBefore = (one, other) => Boolean(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
