// What becomes of what is said of takes, without a page: calls that answer late or never, and what a browser remembers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const PARTS = ["words", "keepers", "reviews"];
const WORLD = ["location", "document", "addEventListener", "memory", "fetch", "TAKES", "BY_NAME"];
const text = PARTS.map((name) => readFileSync(new URL(`../../src/report/page/script/${name}.js`, import.meta.url), "utf8")).join("\n");
const script = new Function(...WORLD, `"use strict"; ${text}; return { Reviews, FileKeeper, ServerKeeper };`);

const [PICK, REJECT, NOTHING] = [{ verdict: "pick" }, { verdict: "reject" }, {}];

/** A page about one take, of which the report says `review`, in a browser that remembers `kept`. */
function page({ review = {}, kept = null }) {
  const take = { name: "A_T01", video: "shots/A_T01.mp4", review, place: 0, times: { planned: 1 } };
  const world = { calls: [], stored: JSON.stringify(kept), hear: {}, take };
  const listen = (event, listener) => (world.hear[event] = listener);
  const memory = { works: true, read: () => JSON.parse(world.stored), keep: (key, value) => (world.stored = JSON.stringify(value)) };
  const fetch = (path, { body, keepalive } = {}) =>
    new Promise((answer, fail) => world.calls.push({ path, body, keepalive, answer: (said) => answer({ ok: true, json: async () => said }), fail }));
  world.script = script({ pathname: "/out/index.html" }, { addEventListener: listen }, listen, memory, fetch, [take], new Map([[take.name, take]]));
  return world;
}

function opened(keeper, options = {}) {
  const world = page(options);
  world.reviews = new world.script.Reviews(new world.script[keeper]());
  world.reviews.begin();
  world.says = () => world.reviews.of(world.take);
  world.kept = () => Object.keys(JSON.parse(world.stored).changes);
  /** The next call that has not been taken from the list yet, when whatever answered before has been heard. */
  world.next = async () => {
    await new Promise(setImmediate);
    return world.calls.shift();
  };
  return world;
}

/** A page that is served, and has heard what the server says. */
async function served() {
  const world = opened("ServerKeeper");
  (await world.next()).answer({ takes: {} });
  assert.equal(await world.next(), undefined);
  return world;
}

const change = (review, then, planned = 1) => ({ A_T01: { planned, then, review } });

export const checks = [
  ["what is taken back while it is being sent is taken back in the ledger too", async () => {
    const { reviews, take, next, says } = await served();
    reviews.toggle(take, "pick");
    const first = await next();
    reviews.toggle(take, "pick");
    first.answer({ review: PICK });
    const second = await next();
    assert.equal(JSON.parse(second.body).verdict, null);
    assert.deepEqual(says(), NOTHING);
    second.answer({ review: {} });
    assert.equal(await next(), undefined);
    assert.deepEqual([says(), reviews.isChanged(take)], [NOTHING, false]);
  }],
  ["what could not be sent and is taken back is no trouble any more", async () => {
    const { reviews, take, next } = await served();
    reviews.toggle(take, "pick");
    (await next()).fail();
    (await next()).fail();
    await next();
    assert.match(reviews.status().text, /^1 change not in the ledger. A_T01/);
    assert.deepEqual(reviews.status().actions.map(({ words }) => words), ["Try again", "Save picks.json"]);
    reviews.toggle(take, "pick");
    assert.equal(reviews.status(), null);
  }],
  ["what a browser lets not outlive the page is sent all the same", async () => {
    const { reviews, take, next, says } = await served();
    reviews.change(take, { note: "long" });
    const first = await next();
    assert.ok(first.keepalive);
    first.fail();
    const again = await next();
    assert.deepEqual([again.body, again.keepalive], [first.body, false]);
    again.answer({ review: { note: "long" } });
    await next();
    assert.deepEqual([says(), reviews.status()], [{ note: "long" }, null]);
  }],
  ["what was taken back before its call failed is asked for: it may have been kept", async () => {
    const { reviews, take, next, says } = await served();
    reviews.toggle(take, "pick");
    const call = await next();
    reviews.toggle(take, "pick");
    call.fail();
    (await next()).fail();
    (await next()).answer({ takes: { A_T01: PICK } });
    await next();
    assert.deepEqual([says(), reviews.status()], [PICK, null]);
  }],
  ["an answer that is older than what was said since does not take it back", async () => {
    const { reviews, take, next, says } = opened("ServerKeeper");
    const asked = await next();
    reviews.toggle(take, "pick");
    (await next()).answer({ review: PICK });
    await next();
    asked.answer({ takes: {} });
    const again = await next();
    assert.deepEqual([says(), again.path], [PICK, "reviews"]);
    again.answer({ takes: { A_T01: REJECT } });
    await next();
    assert.deepEqual(says(), REJECT, "what was said in another window meanwhile is heard");
  }],
  ["an earlier visit is remembered as long as the report says what it said then", () => {
    const at = (review, kept) => { const { says, kept: left } = opened("FileKeeper", { review, kept: { saved: "", changes: kept } }); return [says(), left()]; };
    assert.deepEqual(at({}, change(PICK, {})), [PICK, ["A_T01"]]);
    assert.deepEqual(at(PICK, change(PICK, {})), [PICK, []], "it was handed in, and is forgotten");
    assert.deepEqual(at(REJECT, change(PICK, {})), [REJECT, []], "what was said later stands");
    assert.deepEqual(at(REJECT, change({ verdict: "pick", note: "best light" }, {})), [{ verdict: "reject", note: "best light" }, ["A_T01"]], "and takes nothing else with it");
    assert.deepEqual(at({}, change(PICK, {}, 2)), [NOTHING, []], "a take that was planned anew is another one");
  }],
  ["a pick that was handed in long ago does not come back over a reject", () => {
    const first = opened("FileKeeper");
    first.reviews.toggle(first.take, "pick");
    const second = opened("FileKeeper", { review: PICK, kept: JSON.parse(first.stored) });
    const third = opened("FileKeeper", { review: REJECT, kept: JSON.parse(second.stored) });
    assert.deepEqual([third.says(), third.reviews.status()], [REJECT, null]);
  }],
  ["what a browser remembers is believed only in the form of a review", () => {
    const odd = [null, 1, "x", [], {}, { review: null, then: {}, planned: 1 }, { review: PICK, planned: 1 }, { review: { verdict: "odd", rating: 9, note: 1 }, then: {}, planned: 1 }];
    for (const kept of [...odd.map((one) => ({ saved: 1, changes: { A_T01: one } })), { changes: 7 }, "x", 7]) {
      assert.deepEqual(opened("FileKeeper", { kept }).says(), NOTHING, JSON.stringify(kept));
    }
    assert.deepEqual(opened("FileKeeper", { kept: { changes: { B_T01: null, ...change(PICK, {}) } } }).says(), PICK, "and does not hide what is sound");
  }],
  ["two windows from disk remember together", () => {
    const world = opened("FileKeeper");
    world.stored = JSON.stringify({ saved: "", changes: change(PICK, {}) });
    world.hear.storage({ key: "rushes reviews /elsewhere/index.html" });
    assert.deepEqual(world.says(), NOTHING);
    world.hear.storage({ key: "rushes reviews /out/index.html" });
    assert.deepEqual(world.says(), PICK);
    world.stored = JSON.stringify({ saved: "", changes: {} });
    world.hear.storage({ key: "rushes reviews /out/index.html" });
    assert.deepEqual(world.says(), NOTHING);
  }],
];
