// How values are put before people: times, lengths of time, sizes, amounts. Pure; knows neither the page nor the takes.

const WORDS = { off_spec: "off-spec", pick: "picked", reject: "rejected by review" };

/** The word for an outcome or a verdict. */
const wordFor = (name) => WORDS[name] ?? name;

/** A whole number with a comma between thousands. By hand, because the browser's own way costs 20 ms the first time. */
const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** So many of a thing: `1 take`, `12 takes`. */
const counted = (count, one, many = `${one}s`) => `${grouped(count)} ${count === 1 ? one : many}`;

/** A moment as `2026-11-22 01:00:00 UTC`. */
const moment = (at) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** A length of time as `3 min 12 s`, from milliseconds. */
function span(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 10) return `${Number((milliseconds / 1000).toFixed(1))} s`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds / 60) % 60)} min`;
}

/** A size as `1.2 MB`. */
function size(bytes) {
  const units = [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];
  const [unit, name] = units.find(([unit]) => bytes >= unit) ?? [1, "B"];
  return `${Math.floor((bytes / unit) * 10) / 10} ${name}`;
}

/** A place in a video as timecode, in hours, minutes, seconds and pictures: `00:00:02:11`. */
function timecode(seconds, rate) {
  const pictures = Math.floor(seconds * rate + 0.001);
  const base = Math.round(rate);
  const two = (number) => String(number).padStart(2, "0");
  const whole = Math.floor(pictures / base);
  return [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60, pictures % base].map(two).join(":");
}

/** The beginning of a text, cut between characters; what is cut ends in an ellipsis. */
function beginning(text, length) {
  if (text.length <= length) return text;
  return `${[...text.slice(0, 2 * length)].slice(0, length).join("").trimEnd()}…`;
}

/** A rating as stars. */
const stars = (rating) => "★".repeat(rating) + "☆".repeat(5 - rating);
