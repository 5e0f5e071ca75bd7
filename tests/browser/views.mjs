// The views beside the wall, the themes, the keys, and the sheet for the printer.

import assert from "node:assert/strict";

export const checks = [
  ["what needs attention is listed, most urgent first, with what to do", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.click("[data-view=attention]");
    const names = await page.$$eval("#attention h3 button", (buttons) => buttons.map((button) => button.textContent));
    assert.deepEqual(names, ["SC030_SH010_T02", "SC030_SH010_T01", "SC030_SH010_T03"]);
    assert.match(await page.textContent("#attention code"), /^rushes resolve SC030_SH010_T02/);
    await page.click("#attention h3 button");
    assert.match(await page.textContent("#viewer-title"), /SC030_SH010_T02/);
  }],
  ["the timeline tells the figures of a take, and of all in a table", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { hash: "#view=timeline" });
    assert.ok(await page.$eval("#timeline .chart", (chart) => chart.clientHeight === chart.scrollHeight && chart.clientHeight < 350), "it is as high as its rows");
    const rows = await page.$$eval("#timeline tbody tr", (rows) => rows.map((row) => row.textContent));
    assert.equal(rows.length, 3);
    await page.focus("#timeline .chart");
    await page.keyboard.press("ArrowDown");
    assert.match(await page.textContent("#timeline .figures"), /^SC\S+ \w+ · .*queue/);
    const painted = await page.$eval("#timeline canvas", (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0));
    assert.ok(painted);
    await page.keyboard.press("Enter");
    assert.ok(await page.$eval("#viewer", (dialog) => dialog.open));
  }],
  ["the cost is told by what became of it", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { hash: "#view=cost" });
    assert.match(await page.textContent("#cost"), /USD.*spent.*4\.16 USD.*unresolved.*0\.32 USD/s);
  }],
  ["the theme is chosen and remembered", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { scheme: "dark" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.click("#theme");
    assert.equal(await page.textContent("#theme"), "Theme: light");
    assert.notEqual(await ground(), dark);
    await page.reload();
    assert.notEqual(await ground(), dark);
  }],
  ["a question mark shows the keys", async (desk) => {
    const page = await desk.fromDisk(desk.night());
    await page.keyboard.press("?");
    assert.match(await page.textContent("#keys"), /J K L.*pick; again: take it back.*rate; the same again/s);
    await page.keyboard.press("Escape");
    assert.ok(!(await page.$eval("#keys", (dialog) => dialog.open)));
  }],
  ["the sheet that is printed has every take that is looked at, with its picture", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { hash: "#scene=SC010", init: () => (window.print = () => (window.printed = document.querySelectorAll("#sheet .frame > *").length)) });
    await page.click("#print");
    await page.waitForFunction(() => window.printed !== undefined);
    assert.equal(await page.evaluate(() => window.printed), 7);
    const sheet = await page.pdf({ format: "A4" });
    assert.ok(sheet.length > 10000, `${sheet.length} bytes`);
    assert.equal(await page.locator("#sheet > *").count(), 0, "it is gone afterwards");
  }],
  ["the browser's own keys print the sheet with its pictures too", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { init: () => (window.print = () => (window.printed = document.querySelectorAll("#sheet .frame > *").length)) });
    await page.focus(".card .film");
    await page.keyboard.press("Control+p");
    await page.waitForFunction(() => window.printed !== undefined);
    assert.equal(await page.evaluate(() => window.printed), 12);
    assert.equal(await page.getAttribute(".card", "data-verdict"), "", "and pick nothing");
  }],
  ["without scripts the page says where the videos are", async (desk) => {
    const context = await desk.browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`file://${desk.night()}/index.html`);
    assert.match(await page.innerText("body"), /results\.csv/);
    await context.close();
  }],
];
