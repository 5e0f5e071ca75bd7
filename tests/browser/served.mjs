// The page as `rushes review` serves it: what is said there is in the ledger at once, and what cannot be kept is told.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

/** Serves the page of an output directory while `watch` looks at it, with its address and a way to end it at once. */
async function serving(desk, folder, watch) {
  const server = spawn(desk.executable, ["review", folder, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
  const gone = once(server, "exit");
  try {
    let said = "";
    for await (const piece of server.stdout) if (/\n/.test((said += piece))) break;
    const address = said.match(/http:\S+/)[0];
    await watch(address, async (signal) => server.kill(signal) && gone);
  } finally {
    server.kill("SIGTERM");
    await gone;
  }
}

/** What the ledger says of a take. */
const said = (desk, folder, name) => {
  const { takes } = JSON.parse(desk.rushes("report", folder, "--format", "json"));
  return takes.find(({ shot, take }) => `${shot}_T${String(take).padStart(2, "0")}` === name).review;
};

/** Waits until the ledger says this of a take: the page tells that it is kept only where it is not. */
async function until(desk, folder, name, expected) {
  const end = Date.now() + 15000;
  while (!isDeepStrictEqual(said(desk, folder, name), expected) && Date.now() < end) await new Promise((next) => setTimeout(next, 50));
  assert.deepEqual(said(desk, folder, name), expected);
}

const kept = (page) => page.waitForFunction(() => document.querySelector("#pending").hidden);

export const checks = [
  ["a pick, a rating and a note are in the ledger at once, and a second window sees them", async (desk) => {
    const folder = desk.night();
    await serving(desk, folder, async (address) => {
      const [page, other] = [await desk.page(address), await desk.page(address)];
      await page.focus(".card .film");
      for (const key of ["p", "5", "Enter", "n"]) await page.keyboard.press(key);
      await page.keyboard.type("=best <b>light</b>");
      await page.keyboard.press("Escape");
      await until(desk, folder, "SC010_SH010_T01", { verdict: "pick", rating: 5, note: "=best <b>light</b>" });
      await other.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      await other.waitForSelector(".card[data-verdict=pick]");
      await page.keyboard.press("p");
      await until(desk, folder, "SC010_SH010_T01", { rating: 5, note: "=best <b>light</b>" });
    });
    desk.rushes("pick", "--clear", "SC010_SH010_T01", folder);
  }],
  ["a window that was open before takes nothing back that others have said since", async (desk) => {
    const folder = desk.night();
    await serving(desk, folder, async (address) => {
      const [page, stale] = [await desk.page(address), await desk.page(address)];
      await page.focus(".card .film");
      await page.keyboard.press("4");
      await until(desk, folder, "SC010_SH010_T01", { rating: 4 });
      desk.rushes("pick", "SC010_SH010_T01", folder, "--note", "from elsewhere");
      await stale.focus(".card .film");
      await stale.keyboard.press("x");
      await until(desk, folder, "SC010_SH010_T01", { verdict: "reject", rating: 4, note: "from elsewhere" });
      await stale.keyboard.press("x");
      await until(desk, folder, "SC010_SH010_T01", { rating: 4, note: "from elsewhere" });
    });
    writeFileSync(desk.path("picks.json"), JSON.stringify({ version: 1, takes: { SC010_SH010_T01: {} } }));
    desk.rushes("pick", "--from", desk.path("picks.json"), folder);
  }],
  ["a clip plays and is sought in, from the server", async (desk) => {
    await serving(desk, desk.night(), async (address) => {
      const page = await desk.page(address);
      await page.focus(".card .film");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("#viewer video").currentTime > 0.2);
      await page.evaluate(() => (document.querySelector("#viewer video").currentTime = 4));
      await page.waitForFunction(() => document.querySelector("#viewer video").currentTime >= 4 && !document.querySelector("#viewer video").seeking);
    });
  }],
  ["what the server can no longer keep is told, and stays on the page", async (desk) => {
    desk.provoke(/ERR_CONNECTION|beforeunload|^dialog/);
    await serving(desk, desk.night(), async (address, end) => {
      const page = await desk.page(address);
      await page.focus(".card .film");
      await page.keyboard.press("ArrowRight");
      await end("SIGKILL");
      await page.keyboard.press("x");
      await page.waitForFunction(() => /again/i.test(document.querySelector("#pending").textContent));
      assert.equal(await page.getAttribute(".card:nth-child(2)", "data-verdict"), "reject");
      const asked = page.waitForEvent("dialog");
      await page.evaluate(() => setTimeout(() => location.reload()));
      assert.equal((await asked).type(), "beforeunload");
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("#pending button:has-text('Save picks.json')")]);
      await download.saveAs(desk.path("picks.json"));
      assert.deepEqual(JSON.parse(readFileSync(desk.path("picks.json"), "utf8")).takes, { SC010_SH010_T02: { verdict: "reject" } });
      assert.match(await page.textContent("#pending"), /pick --from picks.json/);
    });
  }],
  ["what a page from disk has saved, `pick --from` puts into the ledger, and it does not come back over what is said later", async (desk) => {
    const folder = desk.night();
    const page = await desk.fromDisk(folder);
    await page.focus(".card .film");
    for (const key of ["ArrowRight", "x", "2"]) await page.keyboard.press(key);
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("s")]);
    await download.saveAs(desk.path("picks.json"));
    desk.rushes("pick", "--from", desk.path("picks.json"), folder);
    assert.deepEqual(said(desk, folder, "SC010_SH010_T02"), { verdict: "reject", rating: 2 });
    await page.reload();
    await page.waitForSelector(".card[data-verdict=reject]");
    await kept(page);
    desk.rushes("pick", "SC010_SH010_T02", folder);
    await page.reload();
    await page.waitForSelector(".card:nth-child(2)[data-verdict=pick]");
    await kept(page);
    writeFileSync(desk.path("picks.json"), JSON.stringify({ version: 1, takes: { SC010_SH010_T02: {} } }));
    desk.rushes("pick", "--from", desk.path("picks.json"), folder);
  }],
  ["what has no video is not judged", async (desk) => {
    const page = await desk.fromDisk(desk.night(), { hash: "#outcome=failed" });
    await page.focus(".card .film");
    for (const key of ["p", "5"]) await page.keyboard.press(key);
    assert.equal(await page.isVisible(".card .pick"), false);
    assert.equal(await page.isVisible("#pending"), false);
  }],
];
