// Where the takes stand on the wall: cells of one size in as many columns as there is room for. Pure; all lengths in CSS pixels.

/** The least width of a cell, and at most how many stand side by side on a large screen. */
const SIZES = { small: [150, 16], medium: [250, 10], large: [400, 6] };
const GAP = 14;

/** The grid for so many takes on so much width; `caption` is how high the words below a picture are. */
function gridFor(count, width, name, caption) {
  const [least, most] = entryOf(SIZES, name, SIZES.medium);
  const room = Math.max(least, width / most);
  const columns = Math.max(1, Math.floor((width + GAP) / (room + GAP)));
  const cell = Math.floor((width - GAP * (columns - 1)) / columns);
  const row = Math.round((cell * 9) / 16) + caption + GAP;
  return { columns, cell, row, count, height: Math.ceil(count / columns) * row };
}

/** Where the take at this place stands. */
function spotOf(grid, place) {
  return { x: (place % grid.columns) * (grid.cell + GAP), y: Math.floor(place / grid.columns) * grid.row };
}

/** The places whose rows are between two heights: from the first, to before the second. */
function placesBetween(grid, top, bottom) {
  const first = Math.max(0, Math.floor(top / grid.row)) * grid.columns;
  const end = Math.ceil(Math.max(0, bottom) / grid.row) * grid.columns;
  return [Math.min(first, grid.count), Math.min(end, grid.count)];
}
