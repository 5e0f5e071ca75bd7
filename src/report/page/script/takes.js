// The takes as the report has them, read from the page once and never changed: each knows its shot and its place in the order of shots.

const DATA = JSON.parse(byId("data").textContent);
byId("data").remove();

const URGENCY = Object.fromEntries(DATA.totals.map(({ outcome, urgency }) => [outcome, urgency]));

class Take {
  #said;

  constructor(shot, given) {
    const [planned, submitted, accepted, finished, stored] = given.times.map((time) => time ?? undefined);
    Object.assign(this, { reason: "", help: "", deviations: [], facts: [], review: {} }, given);
    this.shot = shot;
    this.name = `${shot.id}_${given.number}`;
    this.ask = given.ask ?? shot.ask;
    this.urgency = URGENCY[given.outcome];
    this.times = { planned, submitted, accepted, finished, stored };
    this.rate = given.rate ?? 24;
  }

  /** What lies beside the video under the same name: `jpg`, `json`. */
  beside(ending) {
    return this.video?.replace(/mp4$/, ending);
  }

  /** What is searched, in small letters. */
  said() {
    const { shot, reason, deviations, ask } = this;
    const about = (shot.about ?? []).flat();
    this.#said ??= [this.name, ask.prompt, shot.notes, ...shot.tags, reason, ...deviations, shot.scene, ...about].join("\n").toLowerCase();
    return this.#said;
  }
}

const SHOTS = [];
const TAKES = [];

/** The shots come in blocks, each of which is read in a moment. */
function readBlock(block) {
  for (const given of JSON.parse(block.textContent)) {
    const shot = { tags: [], ...given };
    shot.takes = given.takes.map((take) => new Take(shot, take));
    SHOTS.push(shot);
    for (const take of shot.takes) take.place = TAKES.push(take) - 1;
  }
  block.remove();
}

await others();
await inSlices(document.querySelectorAll("script.shots"), readBlock);
const BY_NAME = new Map(TAKES.map((take) => [take.name, take]));
await others();
