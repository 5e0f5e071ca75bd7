// The viewer and the comparison: that they play, step, keep in sync, and give the focus back.

import assert from "node:assert/strict";

const clock = (page, where = "#viewer video") => page.$eval(where, (video) => video.currentTime);

async function viewer(desk, folder = desk.night()) {
  const page = await desk.fromDisk(folder);
  await page.focus(".card .film");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#viewer video")?.currentTime > 0.3);
  return page;
}

async function comparison(desk) {
  const page = await desk.fromDisk(desk.night());
  await page.focus(".card .film");
  await page.keyboard.press("c");
  await page.waitForFunction(() => [...document.querySelectorAll("#compare video")].every((video) => video.currentTime > 0.3));
  return page;
}

export const checks = [
  ["Enter opens a take, which plays; Escape closes it and gives the focus back", async (desk) => {
    const page = await viewer(desk);
    assert.match(await page.textContent("#viewer"), /A lighthouse at dawn.*Keep the horizon low/s);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("#viewer").open && document.activeElement.classList.contains("film"));
  }],
  ["a click fills the screen, and leaving the screen closes the viewer", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.click(".card:nth-child(1) .film");
    await page.waitForFunction(() => document.fullscreenElement?.classList.contains("stage"));
    await page.evaluate(() => document.exitFullscreen());
    await page.waitForFunction(() => !document.querySelector("#viewer").open);
  }],
  ["where the screen cannot be filled, a click shows all that is known, and no button promises more", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { init: () => Object.defineProperty(Document.prototype, "fullscreenEnabled", { value: undefined }) });
    await page.click(".card:nth-child(1) .film");
    await page.waitForFunction(() => document.querySelector("#viewer video")?.currentTime > 0.1);
    assert.ok(await page.isVisible("#viewer textarea"));
    assert.equal(await page.locator("#viewer header button", { hasText: "Full screen" }).count(), 0);
    await page.keyboard.press("f");
    assert.ok(await page.isVisible("#viewer textarea"));
  }],
  ["where a video may not play by itself, the button says that it stands still", async (desk) => {
    const refuse = () => (HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("ask first", "NotAllowedError")));
    const page = await desk.fromDisk(desk.night(), { init: refuse });
    await page.focus(".card .film");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#viewer video")?.readyState > 0);
    assert.equal(await page.textContent("#viewer .play"), "Play");
  }],
  ["F goes to the whole screen and back, and the viewer stays", async (desk) => {
    const page = await viewer(desk);
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.fullscreenElement);
    await page.keyboard.press("f");
    await page.waitForFunction(() => !document.fullscreenElement);
    assert.ok(await page.$eval("#viewer", (dialog) => dialog.open));
  }],
  ["K stops, the arrows step one picture, L plays faster each time, J plays backwards", async (desk) => {
    const page = await viewer(desk);
    await page.keyboard.press("k");
    const before = await clock(page);
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => !document.querySelector("#viewer video").seeking);
    const step = (await clock(page)) - before;
    assert.ok(step > 0 && step < 2 / 24, `${step}`);
    const again = await clock(page);
    await page.keyboard.press("ArrowRight");
    assert.ok(Math.abs((await clock(page)) - again - 1 / 24) < 0.001);
    await page.keyboard.press("l");
    await page.keyboard.press("l");
    assert.equal(await page.$eval("#viewer video", (video) => video.playbackRate), 2);
    await page.waitForFunction(() => document.querySelector("#viewer video").currentTime > 2);
    await page.keyboard.press("j");
    const turned = await clock(page);
    await page.waitForFunction((turned) => document.querySelector("#viewer video").currentTime < turned - 0.4, turned);
  }],
  ["comma and full stop go to the take before and the next", async (desk) => {
    const page = await viewer(desk);
    await page.keyboard.press(".");
    assert.match(await page.textContent("#viewer-title"), /SC010_SH010_T02/);
    await page.keyboard.press(",");
    assert.match(await page.textContent("#viewer-title"), /SC010_SH010_T01/);
  }],
  ["all takes of a shot play side by side, no more than a picture apart", async (desk) => {
    const page = await comparison(desk);
    assert.equal(await page.locator("#compare video").count(), 4);
    const drift = () => page.$$eval("#compare video", (videos) => { const times = videos.map((video) => video.currentTime); return Math.max(...times) - Math.min(...times); });
    await page.keyboard.press("k");
    assert.ok((await drift()) <= 1 / 24 + 0.001, `${await drift()}`);
    await page.keyboard.press("ArrowRight");
    assert.ok((await drift()) < 0.001, "stepping brings all to one picture");
    await page.$eval("#compare article:nth-child(3) video", (video) => (video.currentTime = 4));
    await page.keyboard.press("l");
    await page.waitForFunction(() => { const times = [...document.querySelectorAll("#compare video")].map((video) => video.currentTime); return Math.max(...times) - Math.min(...times) < 0.1; });
  }],
  ["what is compared is the take that was watched, and it is watched again afterwards", async (desk) => {
    const page = await viewer(desk);
    await page.keyboard.press(".");
    await page.keyboard.press("c");
    await page.waitForFunction(() => document.querySelector("#compare article:nth-child(2).current"));
    await page.keyboard.press(".");
    await page.keyboard.press("c");
    await page.waitForFunction(() => /SC010_SH010_T03/.test(document.querySelector("#viewer[open] h2")?.textContent));
  }],
  ["a clip that cannot be played is named, and not in the place of the next", async (desk) => {
    const folder = desk.without(desk.night(), "shots/SC010_SH010_T02.mp4");
    const page = await viewer(desk, folder);
    await page.keyboard.press(".");
    await page.waitForFunction(() => /SC010_SH010_T02.mp4 cannot be played/.test(document.querySelector("#viewer .screen").textContent));
    for (const key of [",", ".", "."]) await page.keyboard.press(key);
    await page.waitForFunction(() => document.querySelector("#viewer video")?.currentTime > 0.2);
    await page.keyboard.press("c");
    await page.waitForFunction(() => /SC010_SH010_T02.mp4 cannot be played/.test(document.querySelector("#compare article:nth-child(2)").textContent));
  }],
  ["in the comparison each take can be picked and rejected", async (desk) => {
    const page = await comparison(desk);
    await page.keyboard.press(".");
    await page.keyboard.press("p");
    await page.click("#compare article:nth-child(4) .reject");
    assert.deepEqual(await page.$$eval("#compare article", (cells) => cells.map((cell) => cell.dataset.verdict)), ["", "pick", "", "reject"]);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement.classList.contains("film"));
  }],
];
