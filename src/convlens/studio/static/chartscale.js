/** Scales of a chart: from values to places and back, and the round numbers along them. */

/** A scale from [low, high] to [begin, end] in pixels, even or logarithmic. */
export function scale([low, high], [begin, end], log = false) {
  const bend = log ? Math.log10 : (value) => value;
  const [from, to] = [bend(low), bend(high)];
  const place = (value) => begin + ((bend(value) - from) / (to - from)) * (end - begin);
  const value = (at) => {
    const bent = from + ((at - begin) / (end - begin)) * (to - from);
    return log ? 10 ** bent : bent;
  };
  return { place, value };
}

/** About `wanted` round numbers within [low, high]. */
export function ticks(low, high, wanted, whole = false) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const step = Math.max(roundStep(span / wanted), whole ? 1 : 0);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** Round numbers along a logarithmic scale: powers of ten, with 2 and 5 where there is room. */
export function logTicks(low, high, wanted) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const digits = (last - first) * 2 <= wanted ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((last - first) / wanted));
  const found = [];
  for (let power = first; power <= last; power += every) {
    for (const digit of digits) found.push(Number((digit * 10 ** power).toPrecision(6)));
  }
  const within = found.filter((value) => value >= low * 0.9999 && value <= high * 1.0001);
  return within.length > 1 ? within : ticks(low, high, wanted).filter((value) => value > 0);
}

/** 1, 2 or 5 times a power of ten, the least that is not below `rough`. */
export function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((one) => one * power >= rough * 0.999999) ?? 10;
  return digit * power;
}

/** The least and largest finite value among lists, where the predicate lets it count. */
export function extent(lists) {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists) {
    for (const value of list) {
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}
