// Which takes are looked at, and in which order: a query, its form in the page's address, and what it lets through. Pure.

/** Everything, in the order of the shots. */
const EVERYTHING = Object.freeze({
  view: "wall", text: "", scene: "", tag: "", outcome: "", review: "", sort: "shot", back: "", size: "medium",
});

const VIEWS = ["wall", "attention", "timeline", "cost"];

/** The query that stands in an address; what means nothing there is passed over. */
function readQuery(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const query = Object.fromEntries(Object.keys(EVERYTHING).map((name) => [name, said.get(name) ?? EVERYTHING[name]]));
  return VIEWS.includes(query.view) ? query : { ...query, view: EVERYTHING.view };
}

/** The query as it stands in an address: what differs from everything. */
function writeQuery(query) {
  const said = Object.entries(query).filter(([name, value]) => value !== EVERYTHING[name]);
  return new URLSearchParams(said).toString();
}

/** What a table of ours has under a name that others wrote; `otherwise` where it has nothing of its own. */
const entryOf = (table, name, otherwise) => (Object.hasOwn(table, name) ? table[name] : otherwise);

/** Tests of a review, and its take. */
const REVIEWS = {
  picked: (review) => review.verdict === "pick",
  rejected: (review) => review.verdict === "reject",
  unreviewed: (review, take) => Boolean(take.video) && !review.verdict,
  noted: (review) => Boolean(review.note),
  ...Object.fromEntries([1, 2, 3, 4, 5].map((least) => [`rated-${least}`, (review) => (review.rating ?? 0) >= least])),
};

const OUTCOMES = {
  attention: (take) => take.urgency !== undefined,
};

/** A test of a take and its review: whether the query lets it through. */
function matcher({ text, scene, tag, outcome, review }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const said = (take, { note = "" }) => words.every((word) => take.said().includes(word) || note.toLowerCase().includes(word));
  const stands = entryOf(OUTCOMES, outcome, (take) => !outcome || take.outcome === outcome);
  const judged = entryOf(REVIEWS, review, () => true);
  return (take, opinion) =>
    (!scene || take.shot.scene === scene) &&
    (!tag || take.shot.tags.includes(tag)) &&
    stands(take) &&
    judged(opinion, take) &&
    said(take, opinion);
}

const SORTS = {
  shot: (take) => take.place,
  attention: (take) => take.urgency,
  submitted: (take) => take.times.submitted,
  generation: ({ times: { accepted, finished } }) => (accepted && finished ? finished - accepted : undefined),
  price: (take) => (take.price ? parseFloat(take.price) : undefined),
  rating: (take, review) => (review.rating ? -review.rating : undefined),
};

/** The takes that a query lets through, in its order: what has no value to sort by comes last, equals keep the order of the shots. */
function ask(query, takes, reviewOf) {
  const lets = matcher(query);
  const value = entryOf(SORTS, query.sort, SORTS.shot);
  const turn = query.back ? -1 : 1;
  const found = takes.filter((take) => lets(take, reviewOf(take)));
  const keyed = found.map((take) => ({ take, key: value(take, reviewOf(take)) }));
  keyed.sort((one, other) => compareKeys(one.key, other.key, turn) || one.take.place - other.take.place);
  return keyed.map(({ take }) => take);
}

function compareKeys(one, other, turn) {
  if (one === undefined || other === undefined) return (one === undefined) - (other === undefined);
  return turn * (one - other);
}
