/** What part of the curves is looked at: a value that zooming and panning make anew. */

const LEAST = 2; // steps that a view shows at least
const BACK = 1.02; // wider than all there is by this much: the whole again

/** Everything, without a zoom. */
export const WHOLE = Object.freeze({ x: null, y: Object.freeze({}), follows: true });

/** The window along x for data reaching over [low, high]. */
export function windowOf(view, [low, high]) {
  if (!view.x) return [low, Math.max(high, low + LEAST)];
  const width = view.x[1] - view.x[0];
  return view.follows && view.x[1] < high ? [high - width, high] : view.x;
}

/** The window `[low, high]` along x, kept within the data; the end of a live run is followed. */
export function windowed(view, [low, high], [first, last]) {
  const all = Math.max(last - first, LEAST);
  const width = Math.max(high - low, Math.min(LEAST, all));
  if (width * BACK >= all) return { ...view, x: null, follows: true };
  const begin = Math.min(Math.max(low, first), last - width);
  return { ...view, x: [begin, begin + width], follows: begin + width >= last - width * 1e-6 };
}

/** Closer by `factor` (below 1: further) around the place `centre`. */
export function zoomed(view, data, factor, centre) {
  const [low, high] = windowOf(view, data);
  const at = centre ?? (low + high) / 2;
  return windowed(view, [at - (at - low) / factor, at + (high - at) / factor], data);
}

/** Moved along by a share of the window. */
export function panned(view, data, part) {
  const [low, high] = windowOf(view, data);
  const way = part * (high - low);
  return windowed(view, [low + way, high + way], data);
}

/** One chart zoomed to [low, high] along y. */
export function heightened(view, name, range) {
  return { ...view, y: { ...view.y, [name]: range } };
}
