// Puts the page together: owns the query, and knows which part hands what to which.

const reviews = new Reviews(document.documentElement.dataset.mode === "review" ? new ServerKeeper() : new FileKeeper());
await others();
const pictures = new Pictures();
const preview = new Preview();
const compare = new Compare({ reviews });
const viewer = new Viewer({ reviews, compare: (take, list) => compareFrom(take, list) });
const wall = new Wall({ reviews, pictures, preview, open: (take, whole) => open(take, wall.takes, whole) });
const timeline = new Timeline({ open: (take, list) => open(take, list, false) });
const sheet = new Sheet({ reviews, pictures, takesOf: () => wall.takes });
const filters = new Filters((words) => change(words));
let query = readQuery(location.hash);
/** Where the comparison was asked for, if that was not on the wall. */
let back = null;
await others();

function open(take, list, whole) {
  preview.stop();
  viewer.open(take, list, whole);
}

/** Compares the takes of a shot, and comes back to the one that is current then. */
function compareFrom(take, list) {
  // A filter may hide the other takes of the shot; the place among those that it lets through is not lost for that.
  back = (current) => open(list.includes(current) ? current : take, list, false);
  compare.open(take);
}

/** Changes the query, and the page's address with it, so that a reload and a link keep it. */
function change(words) {
  query = { ...query, ...words };
  history.replaceState(null, "", `#${writeQuery(query)}`);
  look();
}

/** Shows what the query asks for. */
function look() {
  for (const view of document.querySelectorAll("main > section")) view.hidden = view.id !== query.view;
  for (const choice of byId("views").children) choice.setAttribute("aria-pressed", String(choice.dataset.view === query.view));
  const found = ask(query, TAKES, reviews.of);
  filters.show(query, found.length);
  wall.show(found, query.size);
  if (query.view === "timeline") timeline.show();
}

/** What the keys do, by what is on top. */
function surface(target) {
  if (byId("keys").open) return {};
  if (compare.isOpen) return compare.keys();
  if (viewer.isOpen) return viewer.keys();
  const always = { "?": () => byId("keys").showModal(), "/": () => search(), s: () => reviews.save() };
  if (query.view !== "wall") return always;
  const isOnWall = target === document.body || byId("grid").contains(target);
  const current = () => wall.current;
  return {
    ...always,
    ...verdictKeys(reviews, current),
    c: () => current() && compare.open(current()),
    f: () => current() && open(current(), wall.takes, true),
    ...(isOnWall ? wall.keys() : {}),
    ...(target === document.body ? { Enter: () => current() && open(current(), wall.takes, false) } : {}),
  };
}

function search() {
  change({ view: "wall" });
  filters.search();
}

/** What there is, and how far the review has come. */
function showSums() {
  const count = (name) => TAKES.filter((take) => REVIEWS[name](reviews.of(take), take)).length;
  const said = `${counted(count("picked"), "pick")}, ${counted(count("rejected"), "reject")}, ${grouped(count("unreviewed"))} to review`;
  const parts = [DATA.title.replace(/^rushes: /, ""), DATA.size, DATA.price, TAKES.some(({ video }) => video) && said];
  byId("sums").textContent = parts.filter(Boolean).join(" · ");
}

function begin() {
  showSums();
  reviews.listen(soon(showSums));
  const urgent = showAttention((take, list) => open(take, list, false));
  byId("views").querySelector(".number").textContent = urgent > 0 ? grouped(urgent) : "";
  showCost();
  showKeys();
  viewer.left = (take) => query.view === "wall" && wall.goTo(take);
  compare.left = (take) => {
    const again = back;
    back = null;
    if (again) again(take);
    else if (query.view === "wall") wall.focus();
  };
  reviews.listen(() => showPending(reviews));
  // A take that no longer is what was asked for leaves the wall, and the next one comes to its place.
  reviews.listen(() => (query.review || query.sort === "rating") && look());
  byId("skip").addEventListener("click", () => wall.focus());
  byId("help").addEventListener("click", () => byId("keys").showModal());
  byId("print").addEventListener("click", ({ currentTarget }) => sheet.print(currentTarget));
  byId("theme").addEventListener("click", () => {
    turnTheme();
    if (query.view === "timeline") timeline.show();
  });
  byId("views").addEventListener("click", ({ target }) => target.closest("button") && change({ view: target.closest("button").dataset.view }));
  addEventListener("hashchange", () => {
    query = readQuery(location.hash);
    look();
  });
  listenToKeys(surface);
  look();
  reviews.begin();
}

begin();
// So that the first letter of a search is as quick as the second.
inSlices(TAKES, (take) => take.said());
