// Draws rows of a run onto a canvas: names at the left, a bar for each phase, times above. Knows nothing but what it is handed.

const ROW = 20;
const AXIS = 26;

/** How the times of a run are spread over the width of a chart. */
function scaleOf(run, width) {
  const left = Math.min(190, Math.round(width * 0.32));
  const room = Math.max(1, width - left - 16);
  const length = Math.max(1, run.to - run.from);
  return { left, room, x: (at) => left + (Math.max(0, Math.min(length, at - run.from)) / length) * room };
}

/** Draws the rows that are in sight. `look` has the colours and the font. */
function drawChart(context, { run, width, height, scrolled, current, look }) {
  const scale = scaleOf(run, width);
  context.clearRect(0, 0, width, height);
  context.font = look.font;
  context.textBaseline = "middle";
  drawMarks(context, { run, scale, height, look });
  const first = Math.floor(scrolled / ROW);
  const end = Math.min(run.rows.length, Math.ceil((scrolled + height) / ROW));
  context.save();
  context.beginPath();
  context.rect(0, AXIS, width, height - AXIS);
  context.clip();
  for (let place = first; place < end; place++) {
    drawRow(context, { row: run.rows[place], y: AXIS + place * ROW - scrolled, scale, run, look, width, isCurrent: place === current });
  }
  context.restore();
}

function drawMarks(context, { run, scale, height, look }) {
  context.textAlign = "center";
  for (const at of marksBetween(run.from, run.to, Math.max(2, scale.room / 110))) {
    const x = Math.round(scale.x(at)) + 0.5;
    context.fillStyle = look.line;
    context.fillRect(x, AXIS - 6, 1, height);
    context.fillStyle = look.soft;
    context.fillText(new Date(at).toISOString().slice(11, 19), x, AXIS / 2);
  }
}

function drawRow(context, { row, y, scale, run, look, width, isCurrent }) {
  if (isCurrent) {
    context.fillStyle = look.raised;
    context.fillRect(0, y, width, ROW);
  }
  context.fillStyle = look.ink;
  context.textAlign = "left";
  context.fillText(row.take.name, 6, y + ROW / 2, scale.left - 14);
  for (const phase of PHASES) {
    const bar = row.bars[phase];
    if (!bar) continue;
    const [from, to] = [scale.x(bar[0]), scale.x(bar[1] ?? run.to)];
    context.fillStyle = look[phase];
    context.globalAlpha = bar[1] === undefined ? 0.35 : 1;
    context.fillRect(from, y + 4, Math.max(1.5, to - from), ROW - 8);
    context.globalAlpha = 1;
  }
  if (!row.take.video) drawEnd(context, { row, y, scale, look });
}

/** A cross where a take ended without a video. */
function drawEnd(context, { row, y, scale, look }) {
  const { finished } = row.take.times;
  if (finished === undefined) return;
  context.fillStyle = look.bad;
  context.fillText("✕", scale.x(finished) + 3, y + ROW / 2);
}
