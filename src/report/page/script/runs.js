// What happened when: the takes in the runs that made them, each with the time it waited, was generated and was fetched. Pure; all
// times in milliseconds since 1970.

/** When nothing was under way for so long, what comes next is another run. */
const QUIET = 10 * 60 * 1000;

const PHASES = ["queue", "generate", "fetch"];

/** The runs in order: each with its takes by when they were submitted, and when it began and ended. */
function runsOf(takes) {
  const begun = takes.filter((take) => take.times.submitted !== undefined);
  begun.sort((one, other) => one.times.submitted - other.times.submitted || one.place - other.place);
  const runs = [];
  for (const take of begun) {
    const run = runs.at(-1);
    if (run && take.times.submitted <= run.to + QUIET) {
      run.takes.push(take);
      run.to = Math.max(run.to, endOf(take));
    } else {
      runs.push({ from: take.times.submitted, to: endOf(take), takes: [take] });
    }
  }
  return runs.map(withBars);
}

const endOf = ({ times: { submitted, accepted, finished, stored } }) => Math.max(submitted, accepted ?? 0, finished ?? 0, stored ?? 0);

/** A run begins when the first of its takes was planned, unless that was long before anything was sent. */
function withBars({ from, to, takes }) {
  const planned = takes.map((take) => take.times.planned).filter((at) => at !== undefined && at > from - QUIET);
  const begin = planned.reduce((one, other) => Math.min(one, other), from);
  return { from: begin, to, rows: takes.map((take) => ({ take, bars: barsOf(take, begin) })) };
}

/** The phases of a take as `[from, to]`, as far as it has come; a phase that is not over has no `to`. */
function barsOf({ times: { planned, submitted, accepted, finished, stored }, video }, begin) {
  const waits = Math.max(planned ?? submitted, begin);
  const bars = { queue: [waits, accepted ?? finished] };
  if (accepted !== undefined) bars.generate = [accepted, finished];
  if (finished !== undefined && (stored !== undefined || video)) bars.fetch = [finished, stored];
  return bars;
}

/** How long the phases of these rows lasted that are over: for each how many, the median and the ninth decile. */
function lengthsOf(rows) {
  return PHASES.map((phase) => {
    const ended = rows.map(({ bars }) => bars[phase]).filter((bar) => bar?.[1] !== undefined);
    const lengths = ended.map(([from, to]) => Math.max(0, to - from)).sort((one, other) => one - other);
    return { phase, count: lengths.length, median: quantile(lengths, 0.5), p90: quantile(lengths, 0.9) };
  });
}

/** The value below which this share of the sorted values lies: the nearest rank. */
const quantile = (sorted, share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];

/** Round times for an axis with about so many marks. */
function marksBetween(from, to, about) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400].map((s) => 1000 * s);
  const step = steps.find((step) => (to - from) / step <= about) ?? Math.ceil((to - from) / about / 86400000) * 86400000;
  const marks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) marks.push(at);
  return marks;
}
