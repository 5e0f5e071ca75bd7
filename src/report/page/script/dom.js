// The only way in which elements are made here: text goes in as text, so nothing that others wrote becomes markup.

const byId = (id) => document.getElementById(id);

/** An element with these attributes, listeners (functions) and children; `null`, `undefined` and `false` are left out. */
function make(name, given = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A button. */
const button = (words, click, given = {}) => make("button", { type: "button", click, ...given }, words);

/** An element around what others wrote, which goes in whichever direction it is written. */
const said = (name, text, given = {}) => make(name, { dir: "auto", ...given }, text);

/** Words of ours in which backticks mark what is to be typed. */
const told = (text) => text.split("`").map((part, place) => (place % 2 ? make("code", {}, part) : part));

/** Names with what is known under them. */
const factList = (facts) => make("dl", {}, facts.map(([name, fact]) => [said("dt", name), said("dd", fact)]));

/** What stands in the place of a video that the browser cannot play. */
const unplayable = (take) => make("p", { class: "blank failed" }, `${take.video} cannot be played`);

/** How a take stands, as a word in its colour. */
const badge = (outcome) => make("span", { class: `badge ${outcome}` }, wordFor(outcome));

/** A media query that is asked again each time. */
const prefers = (query) => matchMedia(`(${query})`).matches;
