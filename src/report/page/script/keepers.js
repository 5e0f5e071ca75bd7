// Where changed reviews go. Opened from disk, they are remembered by the browser until they are saved to a file; served by
// `rushes review`, they are sent to it at once.

const isObject = (value) => typeof value === "object" && value !== null;
const plannedAt = (take) => take.times.planned ?? null;

/** What `rushes pick --from` reads: all that is said of the takes of which something was changed here. */
function picksOf(reviews) {
  const takes = Object.fromEntries(reviews.changed().map(([take, review]) => [take.name, review]));
  return `${JSON.stringify({ version: 1, takes }, null, 2)}\n`;
}

/** Hands it to the person, by way of the browser. */
function handOver(picks) {
  const address = URL.createObjectURL(new Blob([picks], { type: "application/json" }));
  make("a", { href: address, download: "picks.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/** Keeps changes in this browser, for this output directory, and saves them to `picks.json`. */
class FileKeeper {
  #key = `rushes reviews ${location.pathname}`;
  #saved = "";

  /** Says again what was said on earlier visits, forgets what is not to be said again, and follows other windows. */
  begin(reviews) {
    this.#recall(reviews);
    this.#keep(reviews);
    addEventListener("storage", ({ key }) => {
      if (key !== this.#key) return;
      this.#recall(reviews);
      reviews.tell();
    });
  }

  changed(reviews) {
    this.#keep(reviews);
  }

  /** Writes only what is new: another window may have said something just now, which this one has not heard of yet. */
  #keep(reviews) {
    const changes = reviews.changed().map(([take, review]) => [take.name, { planned: plannedAt(take), then: reviews.reported(take), review }]);
    const now = { saved: this.#saved, changes: Object.fromEntries(changes) };
    const before = memory.read(this.#key) ?? { saved: "", changes: {} };
    if (JSON.stringify(before) !== JSON.stringify(now)) memory.keep(this.#key, now);
  }

  save(reviews) {
    this.#saved = picksOf(reviews);
    handOver(this.#saved);
    this.changed(reviews);
    reviews.tell();
  }

  /** What to tell the person about the changes, if anything. */
  status(reviews) {
    const changes = counted(reviews.changed().length, "change");
    if (reviews.changed().length === 0) return null;
    const command = "`rushes pick --from picks.json OUT`";
    const save = { words: "Save picks.json", act: () => this.save(reviews) };
    if (picksOf(reviews) === this.#saved) {
      return { text: `${changes} saved in picks.json. To make them part of the report, type ${command}.`, actions: [{ ...save, words: "Save again" }] };
    }
    const risk = memory.works ? "" : " This browser forgets them when the page is closed.";
    return { text: `${changes} not yet saved: save picks.json, then type ${command}.${risk}`, actions: [save], urgent: true };
  }

  /** What the browser remembers of the takes of now: one that was planned anew is another one. Any page from disk may have written
   * it, so it is believed only where it has the form. */
  #recall(reviews) {
    const kept = memory.read(this.#key);
    this.#saved = typeof kept?.saved === "string" ? kept.saved : "";
    const changes = Object.entries(kept?.changes ?? {}).filter(([, change]) => isObject(change) && isObject(change.review) && isObject(change.then));
    const known = changes.map(([name, change]) => ({ ...change, take: BY_NAME.get(name) }));
    reviews.restore(known.filter(({ take, planned }) => take && plannedAt(take) === planned));
  }
}

/** Sends each change to the server: one call at a time for each take, the latest change last. What it does not keep can be saved to a
 * file: a server that is begun again has another address, and this page will never reach it. */
class ServerKeeper {
  #sending = new Set();
  #failed = new Map();
  #settled = 0;
  #saved = "";

  begin(reviews) {
    document.addEventListener("visibilitychange", () => document.hidden || this.#agree(reviews));
    addEventListener("beforeunload", (event) => this.#unkept(reviews).length > 0 && picksOf(reviews) !== this.#saved && event.preventDefault());
    this.#agree(reviews);
  }

  changed(reviews, take) {
    if (reviews.isChanged(take)) this.#send(reviews, take);
  }

  save(reviews) {
    reviews.changed().forEach(([take]) => this.#send(reviews, take));
  }

  status(reviews) {
    const failed = this.#unkept(reviews);
    if (failed.length === 0) return null;
    const [take, why] = failed[0];
    const isSaved = picksOf(reviews) === this.#saved;
    const then = isSaved ? "Saved in picks.json: type `rushes pick --from picks.json OUT`." : "If `rushes review` has ended, save picks.json and start it again.";
    const text = `${counted(failed.length, "change")} not in the ledger. ${take.name}: ${why}${/[.?]$/.test(why) ? "" : "."} ${then}`;
    const actions = [
      { words: "Try again", act: () => this.save(reviews) },
      { words: isSaved ? "Save again" : "Save picks.json", act: () => this.#saveFile(reviews) },
    ];
    return { text, actions, urgent: !isSaved };
  }

  /** The changes that were sent in vain, each with the reason. */
  #unkept(reviews) {
    return [...this.#failed].filter(([take]) => reviews.isChanged(take));
  }

  #saveFile(reviews) {
    this.#saved = picksOf(reviews);
    handOver(this.#saved);
    reviews.tell();
  }

  async #send(reviews, take) {
    if (this.#sending.has(take)) return;
    this.#sending.add(take);
    const [sent, before] = [reviews.of(take), reviews.reported(take)];
    // Only what was changed here: of the rest others may have said something meanwhile.
    const words = SAID.filter((name) => sent[name] !== before[name]).map((name) => [name, sent[name] ?? null]);
    const body = JSON.stringify({ take: take.name, ...Object.fromEntries(words) });
    const { answer, error } = await call("review", { method: "POST", body, keepalive: true, headers: { "Content-Type": "application/json" } });
    this.#sending.delete(take);
    if (error) {
      this.#failed.set(take, error);
      reviews.tell(take);
      // What was taken back meanwhile may have been kept all the same.
      if (!reviews.isChanged(take)) this.#agree(reviews);
      return;
    }
    this.#failed.delete(take);
    this.#settled += 1;
    reviews.settle(take, answer.review, sent);
    if (reviews.isChanged(take)) this.#send(reviews, take);
  }

  /** Takes over what was said in other windows meanwhile. An answer that was begun before the last change was kept may not know of it:
   * then it is asked for again. */
  async #agree(reviews) {
    const settled = this.#settled;
    const { answer, error } = await call("reviews");
    if (error) return;
    if (settled !== this.#settled) return this.#agree(reviews);
    TAKES.filter((take) => !this.#sending.has(take)).forEach((take) => reviews.hear(take, answer.takes[take.name] ?? {}));
  }
}

/** A call to the server of this page: its answer, or what went wrong in words. What is to outlive the page is tried as such, and then
 * once more as any other: a browser lets only so many bytes at once outlive theirs. */
async function call(path, options = {}) {
  try {
    const response = await fetch(path, { cache: "no-store", ...options });
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return { answer };
    return { error: answer?.error ?? `the server answered ${response.status}` };
  } catch {
    if (options.keepalive) return call(path, { ...options, keepalive: false });
    return { error: "the server does not answer; is `rushes review` still running?" };
  }
}
