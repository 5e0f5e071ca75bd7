// The keyboard: one listener that hands each key to whatever is on top, and the page that shows them all.

const KEYS = [
  ["Everywhere", [["?", "this list"], ["/", "search"], ["S", "save or send what is not saved"], ["Esc", "close"]]],
  ["Wall", [["← → ↑ ↓", "from take to take"], ["Enter", "open"], ["F", "open on the whole screen"], ["C", "compare the takes of the shot"]]],
  ["Playing", [["Space", "play or pause"], ["J K L", "backwards, stop, forwards; J or L again: faster"], ["← →", "a picture back or on, in viewer and comparison"], ["Home End", "to the beginning, to the end"]]],
  ["Saying", [["P", "pick; again: take it back"], ["X", "reject; again: take it back"], ["U", "neither"], ["1 to 5", "rate; the same again, or 0: no rating"], ["N", "write a note, in the viewer"]]],
  ["Viewer", [[", .", "the take before, the next"], ["F", "whole screen"], ["I", "show or hide what is known"], ["C", "compare"]]],
];

/** Hands keys to what `surface` returns: a function for each key. Typing, and keys that belong to the browser, are left alone. */
function listenToKeys(surface) {
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("textarea, select, input:not([type=range])")) return;
    if (key === " " && target.closest("button:not(.film)")) return;
    const act = surface(target)[key.length === 1 ? key.toLowerCase() : key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Fills the list of the keys. */
function showKeys() {
  const groups = KEYS.map(([title, keys]) =>
    make("section", {}, make("h3", {}, title), make("dl", {}, keys.map(([key, does]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, does)]))),
  );
  const close = button("Close", () => byId("keys").close());
  byId("keys").replaceChildren(make("header", {}, make("h2", { id: "keys-title" }, "Keys"), close), make("div", { class: "keys" }, groups));
}
