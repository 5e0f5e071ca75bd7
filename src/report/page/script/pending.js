// The line that tells which changes are not where they belong yet, and what to do about it.

function showPending(reviews) {
  const place = byId("pending");
  const status = reviews.status();
  place.hidden = !status;
  if (!status) return place.replaceChildren();
  place.classList.toggle("urgent", Boolean(status.urgent));
  const actions = status.actions.map(({ words, act }) => button(words, act));
  place.replaceChildren(make("p", {}, told(status.text)), ...actions);
}
