// Where changed reviews go. Opened from disk, they are remembered by the browser until they are saved to a file; served by
// `rushes review`, they are sent to it at once.

/** Keeps changes in this browser, for this output directory, and saves them to `picks.json`. */
class FileKeeper {
  #key = `rushes reviews ${location.pathname}`;
  #saved = "";

  /** The changes of earlier visits that are about the takes of now: a take that was planned anew is another one. */
  begin(reviews) {
    const kept = memory.read(this.#key);
    this.#saved = kept?.saved ?? "";
    for (const [name, { planned, review }] of Object.entries(kept?.changes ?? {})) {
      const take = BY_NAME.get(name);
      if (take && (take.times.planned ?? null) === planned) reviews.restore(take, review);
    }
  }

  changed(reviews) {
    const changes = reviews.changed().map(([take, review]) => [take.name, { planned: take.times.planned ?? null, review }]);
    memory.keep(this.#key, { saved: this.#saved, changes: Object.fromEntries(changes) });
  }

  /** Hands `picks.json` to the person, by way of the browser. */
  save(reviews) {
    const picks = this.#picks(reviews);
    const address = URL.createObjectURL(new Blob([picks], { type: "application/json" }));
    make("a", { href: address, download: "picks.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    this.#saved = picks;
    this.changed(reviews);
    reviews.tell();
  }

  /** What to tell the person about the changes, if anything. */
  status(reviews) {
    const changes = counted(reviews.changed().length, "change");
    if (reviews.changed().length === 0) return null;
    const command = "`rushes pick --from picks.json OUT`";
    const save = { words: "Save picks.json", act: () => this.save(reviews) };
    if (this.#picks(reviews) === this.#saved) {
      return { text: `${changes} saved in picks.json. To make them part of the report, type ${command}.`, actions: [{ ...save, words: "Save again" }] };
    }
    const risk = memory.works ? "" : " This browser forgets them when the page is closed.";
    return { text: `${changes} not yet saved: save picks.json, then type ${command}.${risk}`, actions: [save], urgent: true };
  }

  #picks(reviews) {
    const takes = Object.fromEntries(reviews.changed().map(([take, review]) => [take.name, review]));
    return `${JSON.stringify({ version: 1, takes }, null, 2)}\n`;
  }
}

/** Sends each change to the server: one call at a time for each take, the latest change last. */
class ServerKeeper {
  #sending = new Set();
  #failed = new Map();

  begin(reviews) {
    document.addEventListener("visibilitychange", () => document.hidden || this.#agree(reviews));
    this.#agree(reviews);
  }

  changed(reviews, take) {
    if (reviews.isChanged(take)) this.#send(reviews, take);
  }

  save(reviews) {
    reviews.changed().forEach(([take]) => this.#send(reviews, take));
  }

  status(reviews) {
    if (this.#failed.size === 0) return null;
    const [name, why] = this.#failed.entries().next().value;
    const text = `${counted(this.#failed.size, "change")} not saved. ${name}: ${why}`;
    return { text, actions: [{ words: "Try again", act: () => this.save(reviews) }], urgent: true };
  }

  async #send(reviews, take) {
    if (this.#sending.has(take.name)) return;
    this.#sending.add(take.name);
    const { verdict = null, rating = null, note = null } = reviews.of(take);
    const sent = { take: take.name, verdict, rating, note };
    const { answer, error } = await call("review", { method: "POST", body: JSON.stringify(sent), headers: { "Content-Type": "application/json" } });
    this.#sending.delete(take.name);
    if (error) {
      this.#failed.set(take.name, error);
      reviews.tell(take);
      return;
    }
    this.#failed.delete(take.name);
    reviews.settle(take, answer.review, tidy(sent));
    if (reviews.isChanged(take)) this.#send(reviews, take);
  }

  /** Takes over what was said in other windows meanwhile. */
  async #agree(reviews) {
    const { answer, error } = await call("reviews");
    if (error) return;
    TAKES.filter((take) => !this.#sending.has(take.name)).forEach((take) => reviews.hear(take, answer.takes[take.name] ?? {}));
  }
}

/** A call to the server of this page: its answer, or what went wrong in words. */
async function call(path, options = {}) {
  try {
    const response = await fetch(path, { cache: "no-store", ...options });
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return { answer };
    return { error: answer?.error ?? `the server answered ${response.status}` };
  } catch {
    return { error: "the server does not answer; is `rushes review` still running?" };
  }
}
