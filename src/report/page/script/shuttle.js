// Plays one video or several as one: the shuttle that editors know from J, K and L. The longest video leads, the others follow it.

const FASTEST = 8;

class Shuttle {
  #videos = [];
  #speed = 0;
  #rate = 24;
  #last = 0;
  /** How long a seek has kept playing backwards waiting. */
  #owed = 0;
  #ticking = 0;
  #listeners = [];
  loops = true;

  /** Takes these videos in place of the ones before; `rate` is in pictures per second. */
  load(videos, rate) {
    this.pause();
    this.#videos = videos;
    this.#rate = rate;
    for (const video of videos) {
      video.addEventListener("loadedmetadata", () => this.#tell());
      video.addEventListener("seeked", () => this.#tell());
    }
    this.#tell();
  }

  /** Calls `listener` when place, speed or length may have changed. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  get speed() {
    return this.#speed;
  }

  get rate() {
    return this.#rate;
  }

  get duration() {
    return this.#lead?.duration || 0;
  }

  get time() {
    return this.#lead?.currentTime ?? 0;
  }

  /** Plays, each time it is called faster: 1, 2, 4, 8. */
  forward() {
    this.#run(this.#speed > 0 ? Math.min(FASTEST, 2 * this.#speed) : 1);
  }

  /** Plays backwards, each time it is called faster. Browsers cannot, so the place is set again and again. */
  backward() {
    this.#run(this.#speed < 0 ? Math.max(-FASTEST, 2 * this.#speed) : -1);
  }

  play() {
    this.#run(1);
  }

  pause() {
    this.#run(0);
  }

  toggle() {
    this.#run(this.#speed === 0 ? 1 : 0);
  }

  /** Stands still so many pictures further on. */
  step(pictures) {
    this.pause();
    // The middle of a picture is surely in it.
    const picture = Math.floor(this.time * this.#rate + 0.01) + pictures;
    this.seek((picture + 0.5) / this.#rate);
  }

  /** Goes to this place, in seconds. */
  seek(seconds) {
    const place = Math.min(Math.max(0, seconds), Math.max(0, this.duration - 0.5 / this.#rate));
    this.#videos.forEach((video) => (video.currentTime = Math.min(place, video.duration || 0)));
    this.#tell();
  }

  get #lead() {
    return this.#videos.reduce((lead, video) => ((video.duration || 0) > (lead?.duration || -1) ? video : lead), undefined);
  }

  #run(speed) {
    this.#speed = speed;
    if (speed > 0 && this.#isAtEnd()) this.seek(0);
    for (const video of this.#videos) {
      if (speed <= 0) {
        video.pause();
        continue;
      }
      video.playbackRate = speed;
      // Some browsers play nothing before they are asked to by a press; what cannot be read its own error event tells.
      video.play().catch(({ name }) => name === "NotAllowedError" && this.pause());
    }
    this.#tell();
    if (speed !== 0) this.#keepTicking();
    else this.#follow();
  }

  #keepTicking() {
    if (this.#ticking) return;
    this.#last = performance.now();
    const tick = (now) => {
      this.#ticking = this.#speed === 0 ? 0 : requestAnimationFrame(tick);
      if (this.#ticking) this.#tick((now - this.#last) / 1000);
      this.#last = now;
    };
    this.#ticking = requestAnimationFrame(tick);
  }

  #tick(passed) {
    if (this.#speed < 0) this.#goBack(passed);
    else if (this.#isAtEnd()) this.#end();
    else this.#follow();
    this.#tell();
  }

  #goBack(passed) {
    if (this.#videos.some((video) => video.seeking)) {
      this.#owed += passed;
      return;
    }
    const place = this.time + this.#speed * (passed + this.#owed);
    this.#owed = 0;
    if (place > 0) this.seek(place);
    else if (this.loops) this.seek(this.duration);
    else {
      this.seek(0);
      this.pause();
    }
  }

  #end() {
    if (!this.loops) return this.pause();
    this.seek(0);
    this.#run(this.#speed);
  }

  #isAtEnd() {
    const lead = this.#lead;
    return Boolean(lead?.duration) && (lead.ended || lead.currentTime >= lead.duration - 0.25 / this.#rate);
  }

  /** Sets those right that are more than a picture away from the leader. */
  #follow() {
    const lead = this.#lead;
    if (!lead || lead.seeking) return;
    for (const video of this.#videos) {
      const place = Math.min(lead.currentTime, video.duration || 0);
      if (!video.seeking && Math.abs(video.currentTime - place) > 1 / this.#rate) video.currentTime = place;
    }
  }

  #tell() {
    this.#listeners.forEach((listener) => listener(this));
  }
}
