// Pictures of every view at three sizes, light and dark, for people to look at.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

const SIZES = { phone: { width: 360, height: 740, phone: true }, laptop: { width: 1280, height: 800 }, wall: { width: 3840, height: 2160 } };
const KEYS = { viewer: "Enter", compare: "c", keys: "?" };

export async function shots(desk, folder) {
  mkdirSync(folder, { recursive: true });
  for (const [size, window] of Object.entries(SIZES)) {
    for (const scheme of ["light", "dark"]) {
      for (const view of ["wall", "attention", "timeline", "cost", ...Object.keys(KEYS)]) {
        const page = await desk.fromDisk(desk.night(), { ...window, scheme, hash: KEYS[view] ? "" : `#view=${view}` });
        await page.waitForTimeout(800);
        if (KEYS[view]) {
          await page.focus(".card .film");
          await page.keyboard.press(KEYS[view]);
          await page.waitForTimeout(800);
        }
        await page.screenshot({ path: join(folder, `${view}-${size}-${scheme}.png`) });
        await desk.clear();
      }
    }
  }
}
