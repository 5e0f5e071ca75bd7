// The timeline of a run: one row a take, on a canvas that draws only what is in sight, and the same in figures for those who do not see
// it.

class Timeline {
  #runs = null;
  #run = null;
  #current = -1;
  #soon = soon(() => this.#run && this.#draw());

  constructor({ open }) {
    this.open = open;
    this.choice = make("select", { change: () => this.#choose(Number(this.choice.value)) });
    this.legend = make("p", { class: "legend" }, PHASES.map((phase) => make("span", { class: phase }, phase)));
    this.canvas = make("canvas");
    this.room = make("div", { class: "room" });
    this.chart = make("div", { class: "chart", tabindex: 0, role: "application", "aria-label": "Takes over time: arrow keys go from take to take, Enter opens one" }, this.canvas, this.room);
    this.figures = make("p", { class: "figures", role: "status" });
    this.table = make("div", { class: "lengths" });
    this.chart.addEventListener("scroll", () => this.#soon(), { passive: true });
    this.chart.addEventListener("pointermove", (event) => this.#mark(this.#rowAt(event)));
    this.chart.addEventListener("click", (event) => this.#open(this.#rowAt(event)));
    this.chart.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#soon()).observe(this.chart);
  }

  /** Shows the last run, the first time it is looked at; what it costs to find the runs is paid then. */
  show() {
    if (!this.#runs) this.#begin();
    this.#soon();
  }

  #begin() {
    this.#runs = runsOf(TAKES);
    if (this.#runs.length === 0) {
      byId("timeline-body").replaceChildren(make("p", { class: "nothing" }, "Nothing has been submitted yet."));
      return;
    }
    const names = this.#runs.map(({ from, to, rows }) => `${moment(from)}, ${span(to - from)}, ${counted(rows.length, "take")}`);
    this.choice.append(...names.map((name, place) => make("option", { value: place }, name)));
    const last = this.#runs.length - 1;
    this.choice.value = String(last);
    const head = make("div", { class: "choice" }, make("label", {}, make("span", {}, "Run"), this.choice), this.legend);
    byId("timeline-body").replaceChildren(head, this.figures, this.chart, this.table);
    this.#choose(last);
  }

  #choose(place) {
    this.#run = this.#runs[place];
    this.#current = -1;
    this.chart.scrollTop = 0;
    this.room.style.height = `${AXIS + this.#run.rows.length * ROW}px`;
    this.figures.textContent = "Point at a take for its figures.";
    this.table.replaceChildren(lengthsTable(this.#run));
    this.#soon();
  }

  #rowAt(event) {
    const y = event.clientY - this.chart.getBoundingClientRect().top - AXIS;
    return y < 0 ? -1 : Math.floor((y + this.chart.scrollTop) / ROW);
  }

  #mark(place) {
    const row = this.#run.rows[place];
    if (!row || place === this.#current) return;
    this.#current = place;
    const lengths = PHASES.map((phase) => {
      const bar = row.bars[phase];
      return bar && `${phase} ${bar[1] === undefined ? "not over" : span(Math.max(0, bar[1] - bar[0]))}`;
    });
    this.figures.replaceChildren(make("b", {}, row.take.name), ` ${[wordFor(row.take.outcome), moment(row.bars.queue[0]), ...lengths.filter(Boolean)].join(" · ")}`);
    this.#soon();
  }

  #open(place) {
    const row = this.#run.rows[place];
    if (row) this.open(row.take, this.#run.rows.map(({ take }) => take));
  }

  #key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === "Enter") this.#open(this.#current);
    if (steps === undefined) return;
    event.preventDefault();
    const place = Math.max(0, Math.min(this.#run.rows.length - 1, this.#current + steps));
    this.#mark(place);
    const top = place * ROW;
    const room = this.chart.clientHeight - AXIS;
    if (top < this.chart.scrollTop) this.chart.scrollTop = top;
    if (top + ROW > this.chart.scrollTop + room) this.chart.scrollTop = top + ROW - room;
  }

  #draw() {
    const { clientWidth: width, clientHeight: height, scrollTop: scrolled } = this.chart;
    if (width === 0) return;
    const dots = devicePixelRatio;
    this.canvas.width = Math.round(width * dots);
    this.canvas.height = Math.round(height * dots);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.canvas.style.marginBottom = `${-height}px`;
    const context = this.canvas.getContext("2d");
    context.scale(dots, dots);
    drawChart(context, { run: this.#run, width, height, scrolled, current: this.#current, look: this.#look() });
  }

  /** The page's colours, as they are in the theme of now. */
  #look() {
    const style = getComputedStyle(this.chart);
    const colours = ["ink", "soft", "line", "raised", "bad", ...PHASES].map((name) => [name, style.getPropertyValue(`--${name}`)]);
    return { font: style.font, ...Object.fromEntries(colours) };
  }
}

/** How long each phase took, as a table. */
function lengthsTable(run) {
  const cell = (value) => make("td", {}, value === undefined ? "–" : span(value));
  const rows = lengthsOf(run.rows).map(({ phase, count, median, p90 }) =>
    make("tr", {}, make("th", { scope: "row" }, phase), make("td", {}, String(count)), cell(median), cell(p90)),
  );
  const head = make("tr", {}, ["phase", "takes", "median", "nine in ten within"].map((words) => make("th", { scope: "col" }, words)));
  const caption = make("caption", {}, `From ${moment(run.from)}, for ${span(run.to - run.from)}: how long each phase took`);
  return make("table", {}, caption, make("thead", {}, head), make("tbody", {}, rows));
}
