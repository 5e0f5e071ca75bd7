// What the page only computes, without a page: queries, the grid, runs, words.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const PARTS = ["words", "query", "layout", "runs"];
const NAMES = ["grouped", "timecode", "span", "beginning", "readQuery", "writeQuery", "ask", "EVERYTHING", "gridFor", "spotOf", "placesBetween", "runsOf", "lengthsOf", "marksBetween"];
const text = PARTS.map((name) => readFileSync(new URL(`../../src/report/page/script/${name}.js`, import.meta.url), "utf8")).join("\n");
const page = new Function(`"use strict"; ${text}; return { ${NAMES.join(", ")} };`)();

const MINUTE = 60000;

/** A take whose times are in minutes: planned, submitted, accepted, finished, stored. */
function take(place, times, more = {}) {
  const [planned, submitted, accepted, finished, stored] = times.map((time) => (time === null ? undefined : time * MINUTE));
  const words = `take ${place}`;
  return { place, name: words, outcome: "stored", shot: { tags: [], scene: "SC010" }, times: { planned, submitted, accepted, finished, stored }, said: () => words, ...more };
}

const quiet = () => ({});

export const checks = [
  ["a new run begins when nothing was under way for ten minutes", () => {
    const runs = page.runsOf([take(0, [0, 1, 2, 5, 6]), take(1, [0, 15, 16, 17, 18]), take(2, [0, 29, 30, 31, 32])]);
    assert.deepEqual(runs.map((run) => run.rows.map((row) => row.take.place)), [[0, 1], [2]]);
    assert.equal(runs[1].from, 29 * MINUTE, "what was planned long before does not lengthen it");
    assert.deepEqual(runs[1].rows[0].bars.queue, [29 * MINUTE, 30 * MINUTE]);
  }],
  ["a phase that is not over has no end, and is in no figure", () => {
    const [run] = page.runsOf([take(0, [0, 1, 2, null, null]), take(1, [0, 1, 2, 4, 5]), take(2, [0, 1, null, null, null])]);
    assert.equal(run.rows[0].bars.generate[1], undefined);
    const lengths = Object.fromEntries(page.lengthsOf(run.rows).map(({ phase, count, median }) => [phase, [count, median]]));
    assert.deepEqual(lengths, { queue: [2, 2 * MINUTE], generate: [1, 2 * MINUTE], fetch: [1, MINUTE] });
  }],
  ["what was never submitted is in no run", () => assert.deepEqual(page.runsOf([take(0, [0, null, null, null, null])]), [])],
  ["an axis has no more marks than there is room for", () => {
    for (const length of [1, 1000, MINUTE, 60 * MINUTE, 1e9, 1e11]) assert.ok(page.marksBetween(7, 7 + length, 8).length <= 9, `${length}`);
  }],
  ["every place is in sight at its own spot, and few others", () => {
    for (const [count, width, size] of [[1, 320, "small"], [1000, 1440, "medium"], [10000, 3840, "large"], [7, 100, "medium"]]) {
      const grid = page.gridFor(count, width, size, 80);
      for (const place of [0, Math.floor(count / 2), count - 1]) {
        const { x, y } = page.spotOf(grid, place);
        const [first, end] = page.placesBetween(grid, y + 1, y + 2);
        assert.ok(first <= place && place < end && end - first <= grid.columns, `${place} of ${count}`);
        assert.ok(x >= 0 && x + grid.cell <= Math.max(width, grid.cell) && y + grid.row <= grid.height);
      }
      assert.deepEqual(page.placesBetween(grid, -500, -100), [0, 0]);
    }
  }],
  ["a query comes back from an address as it went in", () => {
    const query = { ...page.EVERYTHING, text: "a & b=c #ü", review: "rated-3", back: "1" };
    assert.deepEqual(page.readQuery(`#${page.writeQuery(query)}`), query);
    assert.equal(page.writeQuery(page.EVERYTHING), "");
    assert.deepEqual(page.readQuery("#view=nowhere&__proto__=x&odd=1"), page.EVERYTHING);
  }],
  ["what has no value to sort by comes last in both directions", () => {
    const takes = [take(0, [0, null, null, null, null]), take(1, [0, 9, 9, 9, 9]), take(2, [0, 5, 5, 5, 5])];
    const places = (back) => page.ask({ ...page.EVERYTHING, sort: "submitted", back }, takes, quiet).map(({ place }) => place);
    assert.deepEqual(places(""), [2, 1, 0]);
    assert.deepEqual(places("1"), [1, 2, 0]);
  }],
  ["words must all be there, and a note counts", () => {
    const takes = [take(0, [0]), take(1, [0])];
    const found = (text) => page.ask({ ...page.EVERYTHING, text }, takes, ({ place }) => (place === 1 ? { note: "Best LIGHT" } : {})).map(({ place }) => place);
    assert.deepEqual([found("take"), found("take 1"), found("light take"), found("nothing")], [[0, 1], [1], [1], []]);
  }],
  ["what is not reviewed has a video and no verdict, as for `review:unreviewed`", () => {
    const takes = [take(0, [0], { video: "a" }), take(1, [0]), take(2, [0], { video: "c" }), take(3, [0], { video: "d" })];
    const reviews = [{ rating: 3 }, {}, { verdict: "pick" }, {}];
    assert.deepEqual(page.ask({ ...page.EVERYTHING, review: "unreviewed" }, takes, ({ place }) => reviews[place]).map(({ place }) => place), [0, 3]);
  }],
  ["what every object has is nothing to ask for", () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      const query = { ...page.EVERYTHING, review: name, sort: name };
      assert.deepEqual(page.ask(query, [take(1, [0]), take(0, [0])], quiet).map(({ place }) => place), [0, 1]);
      assert.deepEqual(page.ask({ ...query, outcome: name }, [take(0, [0])], quiet), []);
      assert.deepEqual(page.gridFor(9, 900, name, 80), page.gridFor(9, 900, "medium", 80));
    }
  }],
  ["numbers are told in thousands, places in a video in pictures", () => {
    assert.deepEqual([0, 999, 1000, 10000, 1234567].map(page.grouped), ["0", "999", "1,000", "10,000", "1,234,567"]);
    assert.equal(page.timecode(61.5, 24), "00:01:01:12");
    assert.equal(page.timecode(2 / 24, 24), "00:00:00:02");
    assert.equal(page.timecode(1, 24000 / 1001), "00:00:00:23");
    assert.deepEqual([300, 59000, 192000, 7260000].map(page.span), ["0.3 s", "59 s", "3 min 12 s", "2 h 1 min"]);
    assert.equal(page.beginning("👩‍🚀".repeat(50), 10).isWellFormed(), true);
  }],
];
