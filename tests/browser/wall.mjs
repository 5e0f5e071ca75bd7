// The wall: what is on it, how it is filtered, sorted and gone over by keys.

import assert from "node:assert/strict";

/** The names of the takes on the wall in the order of the document, once they are drawn. */
async function names(page) {
  await page.evaluate(() => new Promise(requestAnimationFrame));
  return page.$$eval(".card:not([hidden])", (cards) => cards.map((card) => card.querySelector(".name").title));
}
/** The output directory of 400 takes. */
function many(desk) {
  const shots = Array.from({ length: 40 }, (_, place) => ({ id: `M${String(place).padStart(3, "0")}`, prompt: `Shot ${place}`, takes: 10 }));
  return desk.rehearsal(desk.write("many.json", shots), "--pace", "6000/m", "--in-flight", "400", "--max-duration", "1s");
}

const count = (page) => page.textContent("#count");

export const checks = [
  ["every take has a card with a picture out of its video", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    assert.equal(await count(page), "15 takes");
    await page.waitForFunction(() => document.querySelectorAll(".card .frame > *").length >= 12);
  }],
  ["a video plays without sound while the pointer is on it, and only then", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.hover(".card:nth-child(2) .film");
    await page.waitForFunction(() => { const video = document.querySelector(".card:nth-child(2) video"); return video?.muted && video.currentTime > 0.2; });
    await page.mouse.move(2, 2);
    await page.waitForFunction(() => document.querySelectorAll("#grid video").length === 0);
  }],
  ["who wants less motion has it", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.hover(".card:nth-child(2) .film");
    await page.waitForTimeout(400);
    assert.equal(await page.locator("#grid video").count(), 0);
  }],
  ["filters by words, scene, tag, outcome and review, and a reload keeps it", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.fill("#text", "LANTERN climbs");
    assert.equal(await count(page), "3 of 15 takes");
    await page.fill("#text", "");
    await page.selectOption("#scene", "SC020");
    assert.equal(await count(page), "4 of 15 takes");
    await page.selectOption("#tag", "vfx");
    assert.deepEqual(await names(page), ["SC020_SH010_T01", "SC020_SH010_T02"]);
    await page.reload();
    assert.equal(await count(page), "2 of 15 takes");
    assert.equal(await page.inputValue("#tag"), "vfx");
    await page.click("#clear");
    await page.selectOption("#outcome", "attention");
    assert.equal(await count(page), "3 of 15 takes");
    await page.selectOption("#outcome", "");
    await page.selectOption("#review", "picked");
    assert.equal(await count(page), "0 of 15 takes");
    assert.match(await page.textContent("#nothing"), /Clear the filters/);
  }],
  ["sorts, and backwards", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.selectOption("#sort", "attention");
    assert.equal((await names(page))[0], "SC030_SH010_T02", "what is unresolved comes first");
    await page.selectOption("#sort", "shot");
    await page.click("#back");
    assert.equal((await names(page))[0], "SC030_SH010_T04");
    assert.match(page.url(), /back=1/);
  }],
  ["the keys go from take to take, and one card is reached by Tab", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    const focused = () => page.evaluate(() => document.activeElement.ariaLabel);
    await page.keyboard.press("ArrowRight");
    assert.equal(await focused(), "SC010_SH010_T02, stored");
    await page.keyboard.press("End");
    assert.equal(await focused(), "SC030_SH010_T04, stored");
    await page.keyboard.press("Home");
    assert.equal(await focused(), "SC010_SH010_T01, stored");
    assert.equal(await page.locator(".card .film[tabindex='0']").count(), 1);
    const [position, size] = await page.$eval(".card.current", (card) => [card.ariaPosInSet, card.ariaSetSize]);
    assert.deepEqual([position, size], ["1", "15"]);
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "text");
  }],
  ["of many takes only those in sight are in the page", async (desk) => {
    const page = await desk.fromDisk(many(desk));
    assert.equal(await count(page), "400 takes");
    assert.ok((await page.locator(".card").count()) < 60);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.waitForFunction(() => [...document.querySelectorAll(".card:not([hidden]) .name")].some((name) => name.title === "M039_T10"));
    assert.ok((await page.locator(".card").count()) < 60);
  }],
  ["wherever one goes, the document has the cards in their order, and a jump moves none of them", async (desk) => {
    const page = await desk.fromDisk(many(desk));
    const places = () => page.$$eval(".card:not([hidden])", (cards) => cards.map((card) => Number(card.ariaPosInSet)));
    const inOrder = async (where) => {
      await page.evaluate(() => new Promise(requestAnimationFrame));
      const found = await places();
      assert.deepEqual(found, [...found].sort((one, other) => one - other), where);
    };
    await page.focus(".card .film");
    for (const key of ["PageDown", "ArrowDown", "ArrowDown", "PageUp", "ArrowUp", "End", "Home"]) {
      await page.keyboard.press(key);
      await inOrder(key);
    }
    for (const place of [700, 900, 3000, 2500, 6000]) {
      await page.evaluate((place) => scrollTo(0, place), place);
      await inOrder(`${place}`);
    }
    await page.evaluate(() => new MutationObserver((changes) => (window.moved = changes.length)).observe(document.querySelector("#grid"), { childList: true }));
    await page.evaluate(() => scrollTo(0, 0));
    await inOrder("back");
    assert.ok((await page.evaluate(() => window.moved ?? 0)) < 10, `${await page.evaluate(() => window.moved)}`);
  }],
  ["a notice above the wall does not put the current card out of sight", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { width: 800, height: 600 });
    await page.focus(".card .film");
    await page.keyboard.press("p");
    await page.waitForSelector("#pending:not([hidden])");
    await page.keyboard.press("End");
    await page.keyboard.press("Home");
    await page.keyboard.press("End");
    await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.ok(await page.$eval(".card.current", (card) => card.getBoundingClientRect().bottom <= innerHeight + 1));
  }],
  ["a page about nothing says so, in every view", async (desk) => {
    const page = await desk.fromDisk(desk.emptied(desk.night()));
    assert.match(await page.textContent("#nothing"), /No takes yet/);
    for (const view of ["attention", "timeline", "cost"]) {
      await page.click(`[data-view=${view}]`);
      assert.match(await page.textContent(`#${view}`), /Nothing/);
    }
    for (const key of ["p", "c", "f", "Enter", "ArrowDown", " "]) await page.keyboard.press(key);
  }],
];
