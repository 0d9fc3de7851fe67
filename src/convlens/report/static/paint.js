/** Values to colours, the same as in the lens' own pictures. */

import { facts, map, shape } from "./volumes.js";

const clip = (value) => Math.min(255, Math.max(0, value));

/** The colour [red, green, blue] of a value on a scale that is signed, or rises from zero. */
export function colour(value, scale, signed) {
  const place = signed ? 127.5 + (127.5 * value) / scale : (255 * value) / scale;
  return facts.colours[signed ? "signed" : "rising"][Math.round(clip(place))];
}

/** Draw values, row by row, one pixel each; the style sheet makes them large. */
export function draw(canvas, values, width, height, scale, signed) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const [red, green, blue] = values[i] === null ? [128, 128, 128] : colour(values[i], scale, signed);
    image.data.set([red, green, blue, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/** Draw the picture as it was before it was normalised. */
export function drawPicture(canvas) {
  const { width, height, depth, mean, std } = facts.input;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let c = 0; c < 3; c++) {
    const channel = depth === 1 ? 0 : c;
    const plane = map("input", channel);
    for (let i = 0; i < width * height; i++) {
      image.data[4 * i + c] = clip(Math.round((plane[i] * std[channel] + mean[channel]) * 255));
    }
  }
  for (let i = 0; i < width * height; i++) image.data[4 * i + 3] = 255;
  context.putImageData(image, 0, 0);
}

/** An overlay's canvas with the box [left, top, right, bottom] of a map framed, `zoom` times. */
export function frame(canvas, width, height, box) {
  const zoom = Math.max(2, Math.ceil(320 / Math.max(width, height)));
  canvas.width = width * zoom;
  canvas.height = height * zoom;
  const context = canvas.getContext("2d");
  const [left, top, right, bottom] = box.map((side) => side * zoom);
  if (right <= left) return;
  const line = Math.max(2, Math.round(canvas.width / 110));
  for (const [style, extra] of [["#fff", 2 * line], ["#d6006c", 0]]) {
    context.strokeStyle = style;
    context.lineWidth = line + extra;
    context.strokeRect(left, top, right - left, bottom - top);
  }
}

/** The cell of a layer's map that lies under the pointer. */
export function cellUnder(event, canvas, name) {
  const box = canvas.getBoundingClientRect();
  const { width, height } = shape(name);
  const at = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  return {
    x: at((event.clientX - box.left) / box.width, width),
    y: at((event.clientY - box.top) / box.height, height),
  };
}

/** The cell with the largest size of a map. */
export function strongest(values, width) {
  let best = 0;
  values.forEach((value, i) => {
    if (Math.abs(value) > Math.abs(values[best])) best = i;
  });
  return { x: best % width, y: Math.floor(best / width) };
}
