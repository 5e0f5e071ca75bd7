// Picks, ratings and notes on a page from disk: said by keys, remembered, and saved to a file.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

async function saved(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("s")]);
  assert.equal(download.suggestedFilename(), "picks.json");
  return JSON.parse(readFileSync(await download.path(), "utf8"));
}

export const checks = [
  ["P, X and figures pick, reject and rate; S saves what was said", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.focus(".card .film");
    for (const key of ["p", "4", "ArrowRight", "x", "ArrowRight", "p", "p"]) await page.keyboard.press(key);
    assert.match(await page.textContent("#pending"), /^2 changes not yet saved/);
    await page.waitForFunction(() => /1 pick, 1 reject, 10 to review/.test(document.querySelector("#sums").textContent));
    const picks = await saved(page);
    assert.deepEqual(picks, { version: 1, takes: { SC010_SH010_T01: { verdict: "pick", rating: 4 }, SC010_SH010_T02: { verdict: "reject" } } });
    assert.match(await page.textContent("#pending"), /^2 changes saved.*rushes pick --from picks\.json/);
  }],
  ["a note is written in the viewer, and keys are letters there", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.focus(".card .film");
    await page.keyboard.press("Enter");
    await page.keyboard.press("n");
    await page.keyboard.type("px <b>best</b>\nof all");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("#viewer").open);
    assert.deepEqual((await saved(page)).takes, { SC010_SH010_T01: { note: "px <b>best</b>\nof all" } });
  }],
  ["on the whole screen N shows where a note is written, and its letters are no keys", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.click(".card .film");
    await page.waitForFunction(() => document.fullscreenElement);
    await page.keyboard.press("n");
    await page.keyboard.type("px1");
    await page.keyboard.press("f");
    assert.equal(await page.inputValue("#viewer textarea"), "px1f");
    assert.equal(await page.getAttribute("#viewer", "data-verdict"), "");
  }],
  ["a note that is being written outlives a reload", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.focus(".card .film");
    for (const key of ["Enter", "n", "o", "k"]) await page.keyboard.press(key);
    await page.reload();
    await page.waitForFunction(() => !document.querySelector("#pending").hidden);
    assert.deepEqual((await saved(page)).takes, { SC010_SH010_T01: { note: "ok" } });
  }],
  ["a reload keeps what was said", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.focus(".card .film");
    await page.keyboard.press("p");
    await page.reload();
    await page.waitForSelector(".card[data-verdict=pick]");
    assert.match(await page.textContent("#pending"), /^1 change not yet saved/);
  }],
  ["two windows remember together", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    const other = await desk.beside(page);
    await page.focus(".card .film");
    await page.keyboard.press("p");
    await other.waitForSelector(".card:nth-child(1)[data-verdict=pick]");
    await other.focus(".card .film");
    for (const key of ["ArrowRight", "x"]) await other.keyboard.press(key);
    await page.waitForSelector(".card:nth-child(2)[data-verdict=reject]");
    await page.reload();
    await page.waitForSelector(".card[data-verdict=pick]");
    assert.match(await page.textContent("#pending"), /^2 changes not yet saved/);
  }],
  ["with a filter on what is not reviewed, the next take comes to the place of the one that was judged", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { hash: "#review=unreviewed" });
    await page.focus(".card .film");
    await page.keyboard.press("p");
    await page.keyboard.press("x");
    assert.equal(await page.textContent("#count"), "10 of 15 takes");
    assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), "SC010_SH010_T03, stored");
  }],
  ["the take whose button was clicked is the current one, also where a click gives no focus", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.$eval(".card:nth-child(3) .pick", (button) => button.click());
    assert.ok(await page.evaluate(() => document.activeElement === document.body));
    await page.keyboard.press("4");
    assert.deepEqual((await saved(page)).takes, { SC010_SH010_T03: { verdict: "pick", rating: 4 } });
  }],
  ["buttons on a phone do as the keys", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { width: 360, height: 740, phone: true });
    await page.tap(".card:nth-child(1) .pick");
    await page.waitForSelector(".card[data-verdict=pick]");
    assert.equal(await page.getAttribute(".card:nth-child(1) .pick", "aria-pressed"), "true");
  }],
];
