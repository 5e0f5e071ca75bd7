// The controls of a shuttle: buttons, a bar to drag, place and speed in figures, and the keys that drive it.

/** A row of controls for this shuttle. */
function transport(shuttle) {
  const play = button("Play", () => shuttle.toggle(), { class: "play", autofocus: true, title: "Play or pause (space, K)" });
  const bar = make("input", { type: "range", min: 0, max: 1, step: "any", value: 0, "aria-label": "Place in the video" });
  const place = make("output", { class: "place", title: "Timecode: hours, minutes, seconds, pictures" });
  const loop = button("Loop", () => turn(), { "aria-pressed": "true" });
  const turn = () => loop.setAttribute("aria-pressed", String((shuttle.loops = !shuttle.loops)));
  bar.addEventListener("input", () => {
    shuttle.pause();
    shuttle.seek(Number(bar.value));
  });
  shuttle.listen(() => {
    const { time, duration, rate, speed } = shuttle;
    bar.max = duration || 1;
    bar.value = time;
    bar.setAttribute("aria-valuetext", timecode(time, rate));
    play.textContent = speed === 0 ? "Play" : "Pause";
    place.textContent = `${timecode(time, rate)} / ${timecode(duration, rate)}${speed === 0 || speed === 1 ? "" : ` · ${speed}×`}`;
  });
  return make(
    "div",
    { class: "transport", role: "group", "aria-label": "Playing" },
    button("Back", () => shuttle.backward(), { title: "Play backwards, again: faster (J)" }),
    play,
    button("Forward", () => shuttle.forward(), { title: "Play, again: faster (L)" }),
    bar,
    place,
    loop,
  );
}

/** The keys that drive a shuttle. */
const shuttleKeys = (shuttle) => ({
  j: () => shuttle.backward(),
  k: () => shuttle.pause(),
  l: () => shuttle.forward(),
  " ": () => shuttle.toggle(),
  ArrowLeft: () => shuttle.step(-1),
  ArrowRight: () => shuttle.step(1),
  Home: () => shuttle.seek(0),
  End: () => shuttle.seek(shuttle.duration),
});
