// Long work in slices, so that the page answers whoever scrolls or types in between.

/** For so many milliseconds a slice may keep others waiting. */
const SLICE = 8;

/** Lets everything go first that has waited meanwhile. */
const others = () => new Promise((done) => setTimeout(done));

/** Does `act` once before the next picture, however often it is called. */
function soon(act) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      act();
    });
  };
}

/** Does `act` with each thing in order, for a slice at a time. */
async function inSlices(things, act) {
  let end = performance.now() + SLICE;
  for (const thing of things) {
    if (performance.now() > end) {
      await others();
      end = performance.now() + SLICE;
    }
    act(thing);
  }
}
