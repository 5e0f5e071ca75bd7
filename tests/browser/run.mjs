// Runs every check with the executable it is given, and says how many held.

import { Desk } from "./desk.mjs";
import { checks as hostile } from "./hostile.mjs";
import { checks as pure } from "./pure.mjs";
import { checks as reviews } from "./reviews.mjs";
import { checks as wall } from "./wall.mjs";
import { checks as watching } from "./watching.mjs";
import { checks as picks } from "./picks.mjs";
import { checks as served } from "./served.mjs";
import { checks as views } from "./views.mjs";
import { shots } from "./shots.mjs";

const GROUPS = { pure, reviews, wall, watching, picks, served, views, hostile };

async function main([executable, flag, folder]) {
  if (!executable) throw new Error("usage: node run.mjs EXECUTABLE [--shots DIR]");
  const desk = await Desk.open(executable);
  try {
    if (flag === "--shots") await shots(desk, folder);
    return await run(desk);
  } finally {
    await desk.close();
  }
}

async function run(desk) {
  let failed = 0;
  let passed = 0;
  for (const [group, checks] of Object.entries(GROUPS)) {
    for (const [what, check] of checks) {
      const trouble = await outcome(desk, check);
      trouble ? failed++ : passed++;
      console.log(`${trouble ? "FAILED" : "ok    "} ${group}: ${what}${trouble ? `\n       ${trouble}` : ""}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** What went wrong with a check, if anything: also what its pages complained of. */
async function outcome(desk, check) {
  let trouble = null;
  try {
    await check(desk);
  } catch (error) {
    trouble = error.stack ?? String(error);
  }
  const complaints = await desk.clear();
  return trouble ?? (complaints.length > 0 ? complaints.join("\n       ") : null);
}

process.exitCode = await main(process.argv.slice(2));
