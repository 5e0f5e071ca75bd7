// Outputs made by the executable, and pages opened in the browser: what every check needs.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const { chromium } = createRequire(import.meta.url)("playwright-core");
const INPUTS = fileURLToPath(new URL("inputs", import.meta.url));
const QUIETLY = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export class Desk {
  #folder = mkdtempSync(join(tmpdir(), "rushes-browser-"));
  #made = new Map();
  #contexts = [];
  /** What the pages that are open have complained of. */
  complaints = [];
  /** What a check makes its pages complain of on purpose, however late or often. */
  #provoked = [];

  static async open(executable) {
    const desk = new Desk();
    desk.executable = resolve(executable);
    desk.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: QUIETLY });
    return desk;
  }

  async close() {
    await this.browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  path(name) {
    return join(this.#folder, name);
  }

  /** What the executable prints. A manifest that it cannot use is a mistake of the check; takes that failed may be wanted. */
  rushes(...words) {
    const { status, stdout, stderr } = spawnSync(this.executable, words, { cwd: this.#folder, encoding: "utf8" });
    if (status === null || status === 2 || status > 5) throw new Error(`rushes ${words.join(" ")} ended with ${status}: ${stderr.slice(-1000)}`);
    return stdout;
  }

  /** The output directory of a rehearsal of this manifest, which is made once. */
  rehearsal(manifest, ...flags) {
    const name = basename(manifest).replace(/\..*/, "");
    if (!this.#made.has(name)) {
      this.rushes("run", manifest, "--simulate", "--speed", "10000", "--output", name, "--quiet", ...flags);
      this.#made.set(name, this.path(`${name}.simulated`));
    }
    return this.#made.get(name);
  }

  /** The night with an end of every kind. */
  night() {
    return this.rehearsal(join(INPUTS, "night.yaml"), "--script", join(INPUTS, "night.script.yaml"));
  }

  /** A script of refusals, for takes whose texts are hostile. */
  refusals() {
    return join(INPUTS, "refusals.yaml");
  }

  /** A manifest of these shots, as JSON, which is YAML too. */
  write(name, shots) {
    const defaults = { model: "gen4_turbo", style: "cinematic", ratio: "16:9", seconds: 5 };
    writeFileSync(this.path(name), JSON.stringify({ version: 1, defaults, shots }));
    return this.path(name);
  }

  /** A folder with the page of an output directory, but without any takes. */
  emptied(folder) {
    const none = JSON.stringify({ title: "rushes: 0 takes", totals: [], size: "0 B", cost: [] });
    const page = readFileSync(join(folder, "index.html"), "utf8").replace(/(id="data">).*?(<\/script>).*?(?=<script type="module">)/s, `$1${none}$2`);
    mkdirSync(this.path("nothing"), { recursive: true });
    writeFileSync(join(this.path("nothing"), "index.html"), page);
    return this.path("nothing");
  }

  /** A copy of an output directory in which this file is missing. */
  without(folder, file) {
    const copy = this.path(`${basename(folder)}-without`);
    cpSync(folder, copy, { recursive: true });
    rmSync(join(copy, file));
    return copy;
  }

  /** A page in a window of its own. */
  async page(address, { width = 1280, height = 800, scheme = "dark", phone = false, init = null } = {}) {
    const context = await this.browser.newContext({ viewport: { width, height }, colorScheme: scheme, hasTouch: phone, isMobile: phone, acceptDownloads: true });
    this.#contexts.push(context);
    const page = await context.newPage();
    if (init) await page.addInitScript(init);
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("dialog", (dialog) => this.complaints.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
    page.on("console", (message) => {
      // A poster that is not there is looked for in vain, and that is all right.
      if (message.type() === "error" && !/ERR_FILE_NOT_FOUND|404/.test(message.text())) this.complaints.push(message.text());
    });
    return this.#opened(page, address);
  }

  /** A window beside that of a page, with the same memory. */
  async beside(page) {
    return this.#opened(await page.context().newPage(), page.url());
  }

  /** A page is ready when it says how many takes there are, and not when it is loaded: also when it is loaded again. */
  async #opened(page, address) {
    const ready = () => page.waitForFunction(() => document.querySelector("#count").textContent);
    const reload = page.reload.bind(page);
    page.reload = async () => {
      await reload();
      await ready();
    };
    await page.goto(address);
    await ready();
    return page;
  }

  /** The page of an output directory, opened from disk. */
  async fromDisk(folder, { hash = "", ...options } = {}) {
    return this.page(`${pathToFileURL(join(folder, "index.html"))}${hash}`, options);
  }

  /** Lets the pages of this check complain of what it does to them. */
  provoke(pattern) {
    this.#provoked.push(pattern);
  }

  /** Waits until a page has complained of this. */
  async complaint(pattern) {
    const end = Date.now() + 15000;
    while (!this.complaints.some((complaint) => pattern.test(complaint)) && Date.now() < end) await new Promise((next) => setTimeout(next, 20));
    assert.ok(this.complaints.some((complaint) => pattern.test(complaint)), `no page complained of ${pattern}`);
  }

  /** Closes what a check has opened; a check leaves no complaint but what it provoked. */
  async clear() {
    await Promise.all(this.#contexts.map((context) => context.close()));
    const complaints = this.complaints.filter((complaint) => !this.#provoked.some((pattern) => pattern.test(complaint)));
    this.#contexts = [];
    this.complaints = [];
    this.#provoked = [];
    return complaints;
  }
}
