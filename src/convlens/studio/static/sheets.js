/** Values laid out as tiles: a map each, a filter with its slices side by side, a filter in colour. */

import { pixel, shade } from "./colours.js";

/** Maps (count, height, width), one tile each; of large maps only each `every`th cell is there. */
export function mapSheet(values, [, height, width], scale, signed, every = 1) {
  const colour = shade(scale, signed);
  const size = width * height;
  return {
    width,
    height,
    at: (tile, x, y) => ({ slice: null, x: every * x, y: every * y, value: values[tile * size + y * width + x] }),
    paint(tile, pixels) {
      for (let i = 0; i < size; i++) pixels[i] = colour(values[tile * size + i]);
    },
  };
}

/** Filters (count, depth, height, width): a tile each, their slices in about a square of rows. */
export function filterSheet(values, [, depth, height, width], scale) {
  const colour = shade(scale, true);
  const gap = width * height > 1 && depth > 1 ? 1 : 0;
  const columns = Math.ceil(Math.sqrt(depth * (height / width)));
  const rows = Math.ceil(depth / columns);
  const size = width * height;
  const across = columns * (width + gap) - gap;
  const place = (slice) => ({
    left: (slice % columns) * (width + gap),
    top: Math.floor(slice / columns) * (height + gap),
  });
  return {
    width: across,
    height: rows * (height + gap) - gap,
    at(tile, x, y) {
      const [column, row] = [Math.floor(x / (width + gap)), Math.floor(y / (height + gap))];
      const slice = row * columns + column;
      const [inX, inY] = [x - column * (width + gap), y - row * (height + gap)];
      if (slice >= depth || inX >= width || inY >= height) return null;
      const value = values[(tile * depth + slice) * size + inY * width + inX];
      return { slice, x: inX, y: inY, value };
    },
    paint(tile, pixels) {
      pixels.fill(0); // the lines between slices are seen through
      for (let slice = 0; slice < depth; slice++) {
        const { left, top } = place(slice);
        const from = (tile * depth + slice) * size;
        for (let i = 0; i < size; i++) {
          const to = (top + Math.floor(i / width)) * across + left + (i % width);
          pixels[to] = colour(values[from + i]);
        }
      }
    },
  };
}

/** Filters (count, 3, height, width) on red, green and blue, in these colours: mid-grey is zero. */
export function colourSheet(values, [, , height, width], scale) {
  const size = width * height;
  const level = (value) => Math.min(255, Math.max(0, Math.round(127.5 + (127.5 * value) / scale)));
  return {
    width,
    height,
    at(tile, x, y) {
      const from = tile * 3 * size + y * width + x;
      return { slice: null, x, y, value: [values[from], values[from + size], values[from + 2 * size]] };
    },
    paint(tile, pixels) {
      for (let i = 0; i < size; i++) {
        const from = tile * 3 * size + i;
        pixels[i] = pixel(level(values[from]), level(values[from + size]), level(values[from + 2 * size]));
      }
    },
  };
}
