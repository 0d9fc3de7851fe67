/** How a slider's way and an arrow key's step become values of a knob. */

export const WAY = 1000; // positions of a slider
const ROUND = [1, 1.5, 2, 3, 5, 7, 10];

/** The value at a slider's position (0 to WAY), in few digits. */
export function valueAt(spec, position) {
  const { scale, from, to, zero } = spec;
  if (zero && position <= 0) return 0;
  const part = position / WAY;
  if (scale === "even") return rounded(from + part * (to - from), spec.whole);
  const value = from * (to / from) ** part;
  return scale === "doubling" ? 2 ** Math.round(Math.log2(value)) : Number(value.toPrecision(2));
}

/** The position of a value; values off the slider's ends stand at its ends. */
export function positionOf({ scale, from, to }, value) {
  const part = scale === "even" ? (value - from) / (to - from) : Math.log(value / from) / Math.log(to / from);
  return Math.round(WAY * Math.min(1, Math.max(0, Number.isNaN(part) ? 0 : part)));
}

/** The next value up (1) or down (-1): an even step, a doubling, or the next round number. */
export function next({ scale, by, from, zero, low = -Infinity, high = Infinity }, value, way) {
  const within = (one) => Math.min(high ?? Infinity, Math.max(low ?? -Infinity, one));
  if (scale === "doubling") return within(Math.max(1, way > 0 ? value * 2 : Math.ceil(value / 2)));
  if (scale === "even") return within(rounded(value + way * by));
  if (value <= 0) return way > 0 ? from : 0;
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const digits = Number((value / power).toPrecision(6));
  const found = way > 0 ? ROUND.find((one) => one > digits + 1e-9) : ROUND.findLast((one) => one < digits - 1e-9);
  const stepped = Number(((found ?? 0.7) * power).toPrecision(3));
  return within(zero && stepped < from ? 0 : stepped);
}

function rounded(value, whole) {
  return whole ? Math.round(value) : Number(value.toFixed(4));
}
