// The one video that plays on the wall, in the card that the pointer is on or that the keys have started.

class Preview {
  #video = make("video", { playsinline: true, preload: "auto", "aria-hidden": "true" });
  #frame = null;
  #soon = 0;
  shuttle = new Shuttle();

  constructor() {
    this.#video.muted = true;
    this.#video.addEventListener("playing", () => this.#video.classList.add("on"));
  }

  /** Plays the take in this frame after a moment, unless the pointer has gone on by then. */
  hover(frame, take) {
    clearTimeout(this.#soon);
    if (prefers("prefers-reduced-motion: reduce")) return;
    this.#soon = setTimeout(() => this.#put(frame, take) && this.shuttle.play(), 120);
  }

  /** Does `act` with the shuttle of the take in this frame. */
  drive(frame, take, act) {
    if (this.#put(frame, take)) act(this.shuttle);
  }

  stop() {
    clearTimeout(this.#soon);
    if (!this.#frame) return;
    this.#frame = null;
    this.shuttle.load([], 24);
    this.#video.remove();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #put(frame, take) {
    if (!take.video) return false;
    if (this.#frame === frame && frame.take === take) return true;
    this.stop();
    this.#frame = frame;
    this.#video.classList.remove("on");
    this.#video.src = take.video;
    frame.after(this.#video);
    this.shuttle.load([this.#video], take.rate);
    return true;
  }
}
