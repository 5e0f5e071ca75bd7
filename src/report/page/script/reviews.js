// What is said of the takes, by the report and on this page. The only owner of it: whoever wants to change it asks here, and whoever
// shows it is told.

/** A review without what it does not say, and without what no review can say. */
function tidy({ verdict, rating, note }) {
  const said = {};
  if (verdict === "pick" || verdict === "reject") said.verdict = verdict;
  if ([1, 2, 3, 4, 5].includes(rating)) said.rating = rating;
  if (typeof note === "string" && note.trim()) said.note = note;
  return said;
}

const SAID = ["verdict", "rating", "note"];

const isSame = (one, other) => SAID.every((name) => one[name] === other[name]);

/** `review`, made when the report said `then`: what the report says otherwise `now` is newer, and stands. */
const rebased = (review, then, now) => tidy(Object.fromEntries(SAID.map((name) => [name, (now[name] === then[name] ? review : now)[name]])));

/** What was changed from `base` to `mine`, and for the rest what is said `now`. */
const carried = (mine, base, now) => tidy(Object.fromEntries(SAID.map((name) => [name, (mine[name] === base[name] ? now : mine)[name]])));

class Reviews {
  #reported = new Map(TAKES.map((take) => [take, tidy(take.review)]));
  #changes = new Map();
  #listeners = [];
  #keeper;

  constructor(keeper) {
    this.#keeper = keeper;
  }

  begin() {
    this.#keeper.begin(this);
    this.tell();
  }

  /** Calls `listener` with the take when something is said of it, and without one when it is about all. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  tell(take) {
    this.#listeners.forEach((listener) => listener(take));
  }

  of = (take) => this.#changes.get(take) ?? this.#reported.get(take);

  reported = (take) => this.#reported.get(take);

  isChanged = (take) => this.#changes.has(take);

  /** The takes that are said to be otherwise than in the report, with their reviews, in the order of the shots. */
  changed() {
    return [...this.#changes].sort(([one], [other]) => one.place - other.place);
  }

  /** Says this of the take, and leaves what else is said of it. Of what has no video there is nothing to say, and no ledger takes it. */
  change(take, words) {
    if (!take.video) return;
    const review = tidy({ ...this.of(take), ...words });
    if (isSame(review, this.of(take))) return;
    this.#set(take, review);
    this.#keeper.changed(this, take);
    this.tell(take);
  }

  /** Says of each take what was said of it elsewhere, as `{ take, review, then }` with what the report said then, and nothing else. */
  restore(kept) {
    this.#changes.clear();
    for (const { take, review, then } of kept) {
      if (take.video) this.#set(take, rebased(tidy(review), tidy(then), this.#reported.get(take)));
    }
  }

  /** Says this verdict, or takes it back where it was said already. */
  toggle(take, verdict) {
    this.change(take, { verdict: this.of(take).verdict === verdict ? null : verdict });
  }

  /** Says this rating, or takes it back where it was said already. */
  rate(take, rating) {
    this.change(take, { rating: this.of(take).rating === rating ? null : rating });
  }

  /** The report says this now, of which `sent` was said here. What was changed here since then stays, and is a change even where it
   * takes back what was sent; what others have said stands. */
  settle(take, review, sent) {
    const last = this.of(take);
    this.#reported.set(take, tidy(review));
    this.#set(take, carried(last, sent, this.#reported.get(take)));
    this.tell(take);
  }

  /** The report says this now, as others have changed it. */
  hear(take, review) {
    const before = this.#reported.get(take);
    if (isSame(before, tidy(review))) return;
    const mine = this.of(take);
    this.#reported.set(take, tidy(review));
    this.#set(take, carried(mine, before, this.#reported.get(take)));
    this.tell(take);
  }

  save() {
    this.#keeper.save(this);
  }

  status() {
    return this.#keeper.status(this);
  }

  #set(take, review) {
    if (isSame(review, this.#reported.get(take))) this.#changes.delete(take);
    else this.#changes.set(take, review);
  }
}
