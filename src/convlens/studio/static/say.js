/** Figures as they are written on the page: counts, shares, durations, sizes. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** 1204 as "1,204"; "–" for what is not known yet. */
export function count(value) {
  return known(value) ? Math.round(value).toLocaleString("en-US").replace("-", "−") : "–";
}

/** 0.978 as "97.8 %". */
export function share(value, digits = 1) {
  return known(value) ? `${(100 * value).toFixed(digits)} %` : "–";
}

/** A number in fixed places: 0.0312 as "0.031". */
export function fixed(value, digits = 3) {
  return known(value) ? value.toFixed(digits).replace("-", "−") : "–";
}

/** Seconds as "48 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds) {
  if (!known(seconds)) return "–";
  if (seconds < MINUTE) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s`;
  return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min`;
}

/** Milliseconds with about two digits that count: "0.052 ms", "12 ms", "1.4 s". */
export function milliseconds(value) {
  if (!known(value)) return "–";
  return value >= 1000 ? `${(value / 1000).toPrecision(2)} s` : `${small(value, 2)} ms`;
}

/** A rate or the like without needless digits: "0.05", "0.00031", "3.1e−7". */
export function small(value, digits = 3) {
  if (!known(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-5) return value.toExponential(digits - 1).replaceAll("-", "−");
  return String(size >= 100 ? Math.round(value) : Number(value.toPrecision(digits))).replace("-", "−");
}

/** Bytes as "512 B", "3.1 kB", "12.4 MB". */
export function bytes(value) {
  if (!known(value)) return "–";
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${(value / 1e3).toFixed(1)} kB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(1)} GB`;
}

/** "3 classes", "1 class". */
export function several(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

function known(value) {
  return typeof value === "number" && Number.isFinite(value);
}
