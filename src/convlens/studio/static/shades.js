/** Maps as pictures. */

import { shade } from "./colours.js";

/** The largest size among values, for a scale; never zero. */
export function largest(values) {
  let most = 0;
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value);
  return most || 1;
}

/** Whether any value is below zero, so that colours go two ways from zero. */
export const isSigned = (values) => values.some((value) => value < 0);

/** Values, row by row, as an ImageData of the same size. */
export function coloured(values, width, height, scale, signed) {
  const image = new ImageData(width, height);
  const pixels = new Int32Array(image.data.buffer);
  const colour = shade(scale, signed);
  for (let i = 0; i < width * height; i++) pixels[i] = colour(values[i]);
  return image;
}
