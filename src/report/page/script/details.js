// All that is known of a take, in words: for the viewer's panel.

/** What is known of a take, as elements. */
function detailsOf(take) {
  const { shot, ask, reason, help, deviations } = take;
  return [
    reason && said("p", reason, { class: "reason" }),
    !reason && deviations.length > 0 && make("ul", { class: "deviations" }, deviations.map((deviation) => said("li", deviation))),
    help && make("p", { class: "help" }, told(help)),
    said("p", ask.prompt, { class: "prompt" }),
    said("p", ask.settings, { class: "settings" }),
    shot.notes && said("p", shot.notes, { class: "notes" }),
    shot.tags.length > 0 && make("ul", { class: "tags", "aria-label": "Tags" }, shot.tags.map((tag) => said("li", tag))),
    factList(factsOf(take)),
    take.video && make("p", { class: "links" }, link(take.video, "video"), " · ", link(take.beside("json"), "provenance")),
  ];
}

const link = (address, words) => make("a", { href: address, target: "_blank", rel: "noopener" }, words);

/** Names and values, as far as they are known. */
function factsOf(take) {
  const { planned, submitted, accepted, finished, stored } = take.times;
  const lasted = (from, to) => (from !== undefined && to !== undefined && to >= from ? span(to - from) : null);
  const all = [
    ["scene", take.shot.scene],
    ...(take.shot.about ?? []),
    ["submitted", submitted !== undefined && moment(submitted)],
    ["queued", lasted(planned, accepted)],
    ["generated in", lasted(accepted, finished)],
    ["fetched in", lasted(finished, stored)],
    ["price", take.price],
    ["size", take.bytes !== undefined && size(take.bytes)],
    ...take.facts,
  ];
  return all.filter(([, value]) => value);
}
