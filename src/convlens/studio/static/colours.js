/** Values to colours: the house's own, as lens/tiles.py has them for its pictures. */

const SIGNED = [
  [0, [5, 48, 120]],
  [0.25, [67, 140, 200]],
  [0.5, [236, 236, 236]],
  [0.75, [240, 145, 60]],
  [1, [150, 40, 0]],
];
const RISING = [
  [0, [8, 18, 56]],
  [0.35, [52, 72, 128]],
  [0.65, [140, 130, 120]],
  [0.85, [215, 180, 85]],
  [1, [255, 240, 150]],
];
const LEVELS = 256;

/** The 256 colours [red, green, blue] of a scale that is signed, or rises from zero. */
function table(anchors) {
  return Array.from({ length: LEVELS }, (_, level) => {
    const place = level / (LEVELS - 1);
    const above = Math.max(1, anchors.findIndex(([at]) => at >= place));
    const [[from, low], [to, high]] = [anchors[above - 1], anchors[above]];
    const share = (place - from) / (to - from);
    return low.map((value, c) => Math.round(value + share * (high[c] - value)));
  });
}

export const colours = { signed: table(SIGNED), rising: table(RISING) };

/** A colour as one pixel of an ImageData seen as 32-bit numbers. */
export const pixel = (red, green, blue) => (255 << 24) | (blue << 16) | (green << 8) | red;

const pixels = {
  signed: Int32Array.from(colours.signed, (colour) => pixel(...colour)),
  rising: Int32Array.from(colours.rising, (colour) => pixel(...colour)),
};
const NO_NUMBER = pixel(128, 128, 128);

/** A function from a value to its pixel; ±`scale`, or 0 and `scale`, are the ends of the colours. */
export function shade(scale, signed) {
  const [from, steps] = signed ? [127.5, 127.5 / scale] : [0, 255 / scale];
  const found = signed ? pixels.signed : pixels.rising;
  return (value) => {
    const level = Math.round(from + steps * value);
    return Number.isNaN(level) ? NO_NUMBER : found[Math.min(255, Math.max(0, level))];
  };
}
