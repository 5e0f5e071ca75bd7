// Texts that want to be more than text: nothing of them runs, and the page keeps its shape.

import assert from "node:assert/strict";

const TEXTS = [
  "<script>window.hit = 1; alert(1)</script>",
  "\"><img src=x onerror=\"window.hit=1;alert(1)\">",
  "</script><script>window.hit = 1</script><!--<script>",
  "=HYPERLINK(\"http://127.0.0.1:9/\",\"click\")",
  "exe.\u202egpj\u2066 \u2028 ]]> &lt;b&gt; {{ data }}",
  "👩‍🚀🇩🇪🏳️‍🌈".repeat(400),
  "W".repeat(3000),
  "מגדלור בערפל — منارة في الضباب",
];

const night = (desk) => {
  const written = (text) => text.replaceAll("{{", "{{ '{{' }}");
  const shots = TEXTS.map((text, place) => ({ id: `H${place}`, prompt: written(text), takes: 2, notes: text, x_note: text }));
  return desk.rehearsal(desk.write("hostile.json", shots), "--script", desk.refusals());
};

export const checks = [
  ["nothing of it runs, on the wall, in the viewer, in any view", async (desk) => {
    const page = await desk.fromDisk(night(desk));
    assert.equal(await page.textContent("#count"), `${2 * TEXTS.length} takes`);
    await page.focus(".card .film");
    await page.keyboard.press("Enter");
    for (let place = 0; place < 2 * TEXTS.length; place++) await page.keyboard.press(".");
    await page.keyboard.press("Escape");
    for (const view of ["attention", "timeline", "cost", "wall"]) await page.click(`[data-view=${view}]`);
    assert.equal(await page.evaluate(() => window.hit), undefined);
    assert.equal(await page.locator("body img[src=x]").count(), 0);
    assert.equal(await page.locator("script").count(), 1, "the data block is read and gone, the page's own script is left");
  }],
  ["it is shown as it was written", async (desk) => {
    const page = await desk.fromDisk(night(desk), { hash: "#text=%3Cscript%3Ewindow.hit+%3D+1%3B" });
    assert.match(await page.textContent(".card .prompt"), /^<script>window\.hit = 1; alert\(1\)<\/script>$/);
  }],
  ["no width makes the page wider than the window", async (desk) => {
    for (const width of [360, 1280, 3840]) {
      const page = await desk.fromDisk(night(desk), { width, height: 900, phone: width < 500 });
      for (const view of ["wall", "attention", "timeline", "cost"]) {
        await page.click(`[data-view=${view}]`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(over <= 0, `${view} at ${width}: ${over} too wide`);
      }
      await page.click("[data-view=wall]");
      await page.focus(".card .film");
      await page.keyboard.press("Enter");
      const over = await page.$eval("#viewer", (dialog) => dialog.scrollWidth - dialog.clientWidth);
      assert.ok(over <= 0, `viewer at ${width}: ${over} too wide`);
    }
  }],
  ["the policy holds also against a script that gets in", async (desk) => {
    desk.provoke(/Content Security Policy/);
    const page = await desk.fromDisk(night(desk));
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.hit = 2";
      document.body.append(script);
      const image = document.createElement("div");
      image.innerHTML = "<img src=x onerror='window.hit = 3'>";
      document.body.append(image);
      return new Promise((next) => image.firstChild.addEventListener("error", next));
    });
    await desk.complaint(/Content Security Policy/);
    assert.equal(await page.evaluate(() => window.hit), undefined);
  }],
];
