// What the takes have cost, by currency and by what has become of the money.

function showCost() {
  const lines = DATA.cost.map(costTable);
  const nothing = make("p", { class: "nothing" }, "Nothing has been submitted yet.");
  byId("cost-body").replaceChildren(...(lines.length > 0 ? lines : [nothing]));
}

function costTable({ currency, videos, per_video, sums }) {
  const unit = (amount) => (currency ? `${amount} ${currency}` : "not known");
  const rows = sums.map(({ standing, attempts, amount }) =>
    make("tr", {}, make("th", { scope: "row" }, make("span", { class: `money ${standing}` }, standing)), make("td", {}, String(attempts)), make("td", {}, unit(amount))),
  );
  const head = make("tr", {}, ["", "attempts", "amount"].map((words) => make("th", { scope: "col" }, words)));
  const each = per_video ? `, ${per_video} ${currency} spent for each, with what was spent in vain` : "";
  const caption = make("caption", {}, make("b", {}, currency ?? "Without a stated price"), ` ${counted(videos, "video")} on disk${each}`);
  return make("table", { class: "cost" }, caption, make("thead", {}, head), make("tbody", {}, rows));
}
