// The still picture of a take: its poster, where there is one beside the video, else a picture from the video itself. Bounded: so many
// are begun at a time, and so many pictures from videos are kept.

/** After so many posters in a row that are not there, and none that is, no more are looked for. */
const MISSES = 4;
/** So many pictures are loaded at once. */
const HANDS = 4;
/** So many pictures from videos are kept. */
const KEPT = 300;
/** The longest side of such a picture, in pixels. */
const SIDE = 360;

class Pictures {
  #posters = { found: 0, missed: 0 };
  #wanted = [];
  #frames = new Map();
  #coming = new Map();
  #videos = [];
  #atWork = 0;
  #soon = soon(() => this.#work());

  /** Puts the take's picture into the frame when its turn has come, unless the frame shows another take by then. `posterOnly`: no
   * video is opened for it. */
  show(frame, take, posterOnly = false) {
    Object.assign(frame, { take, posterOnly });
    frame.replaceChildren();
    if (!take.video) return;
    const kept = this.#frames.get(take);
    if (kept) {
      frame.replaceChildren(unused(kept));
      return;
    }
    this.#wanted.push(frame);
    this.#soon();
  }

  /** Resolves when every picture that was asked for has been tried. */
  async settled() {
    while (this.#wanted.length > 0 || this.#atWork > 0) await new Promise((done) => setTimeout(done, 50));
  }

  /** The latest wish first: it is the likeliest to be in sight still. */
  #work() {
    for (let begun = 0; begun < 2 && this.#atWork < HANDS; ) {
      const frame = this.#wanted.pop();
      if (!frame) return;
      if (!frame.take || frame.firstChild) continue;
      begun += 1;
      this.#begin(frame, frame.take);
    }
    this.#soon();
  }

  async #begin(frame, take) {
    this.#atWork += 1;
    const picture = (await this.#poster(take)) ?? (frame.posterOnly ? null : await this.#frame(take));
    this.#atWork -= 1;
    if (picture && frame.take === take) frame.replaceChildren(picture);
    this.#soon();
  }

  async #poster(take) {
    const { found, missed } = this.#posters;
    if (found === 0 && missed >= MISSES) return null;
    const image = new Image();
    image.alt = "";
    image.decoding = "async";
    image.src = take.beside("jpg");
    try {
      await image.decode();
      this.#posters.found += 1;
      return image;
    } catch {
      this.#posters.missed += 1;
      return null;
    }
  }

  /** Whoever else wants the same picture meanwhile waits for the same video. */
  async #frame(take) {
    if (!this.#coming.has(take)) this.#coming.set(take, this.#keep(take).finally(() => this.#coming.delete(take)));
    const picture = await this.#coming.get(take);
    return picture && unused(picture);
  }

  async #keep(take) {
    const video = this.#videos.pop() ?? make("video", { preload: "metadata", muted: true, playsinline: true });
    const picture = await pictureFrom(video, take);
    this.#videos.push(video);
    if (picture) this.#frames.set(take, picture);
    if (this.#frames.size > KEPT) this.#frames.delete(this.#frames.keys().next().value);
    return picture;
  }
}

/** A picture from near the beginning of the take's video, which `video` opens for it; nothing where it cannot be read. */
function pictureFrom(video, take) {
  return new Promise((done) => {
    const over = new AbortController();
    const end = (picture) => {
      over.abort();
      clearTimeout(patience);
      video.removeAttribute("src");
      video.load();
      done(picture);
    };
    const look = () => video.readyState >= video.HAVE_CURRENT_DATA && !video.seeking && end(drawn(video, video.videoWidth, video.videoHeight));
    const patience = setTimeout(() => end(null), 8000);
    ["loadeddata", "seeked", "canplay"].forEach((event) => video.addEventListener(event, look, { signal: over.signal }));
    video.addEventListener("error", () => end(null), { signal: over.signal });
    video.src = `${take.video}#t=0.1`;
  });
}

/** The picture itself, unless it is in the page already: then a copy. */
const unused = (picture) => (picture.isConnected ? drawn(picture, picture.width, picture.height) : picture);

/** A canvas with the picture on it, no longer than it may be. */
function drawn(picture, width, height) {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const canvas = make("canvas", { "aria-hidden": "true" });
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
