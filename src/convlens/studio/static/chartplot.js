/** Draws one plot: its scales, lines, marks and the line of reading. Colours come from the theme. */

import { logTicks, scale, ticks } from "./chartscale.js";

const FONT = '12px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const PAD = { left: 52, right: 14, top: 30, bottom: 26 };
const LABELS = 3; // rows of labels of marks
const LABEL = 15; // height of one

/** The rectangle of a plot's curves within its canvas of `width` by `height`. */
export function inner({ width, height, deep = 0 }) {
  return { left: PAD.left, top: PAD.top + deep, right: width - PAD.right, bottom: height - PAD.bottom };
}

/**
 * Draw `plot` into `context`, at (0, 0), in CSS pixels; gives its two scales.
 *
 * plot: `{width, height, title, x: [low, high], y: [low, high], log, xLabel, xFormat, yFormat, deep,
 * lines: [{xs, ys, colour, width, dash, dots, alpha}], marks: [{x, label}], labelled, cursor, box}`
 */
export function drawPlot(context, plot, colours) {
  const box = inner(plot);
  const x = scale(plot.x, [box.left, box.right]);
  const y = scale(plot.y, [box.bottom, box.top], plot.log);
  context.font = FONT;
  context.lineJoin = "round";
  grid(context, plot, box, x, y, colours);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top - 3, box.right - box.left, box.bottom - box.top + 6);
  context.clip();
  for (const line of plot.lines) trace(context, line, x, y, plot);
  context.restore();
  marks(context, plot, box, x, colours);
  if (plot.cursor !== null && plot.cursor >= plot.x[0] && plot.cursor <= plot.x[1]) reading(context, plot, box, x, y, colours);
  if (plot.box) selection(context, plot.box, box, colours);
  return { x, y, box };
}

function grid(context, plot, box, x, y, colours) {
  context.fillStyle = colours.ink;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.font = `600 13px ${FONT.slice(5)}`;
  context.fillText(plot.title, 0, 15);
  context.font = FONT;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const rows = Math.max(2, Math.round((box.bottom - box.top) / 38));
  for (const value of plot.log ? logTicks(...plot.y, rows) : ticks(...plot.y, rows)) {
    const at = Math.round(y.place(value)) + 0.5;
    rule(context, colours.line, [box.left, at], [box.right, at]);
    context.fillStyle = colours.quiet;
    context.fillText(plot.yFormat(value), box.left - 8, at);
  }
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  const columns = Math.max(2, Math.round((box.right - box.left) / 90));
  const base = box.bottom + 18;
  rule(context, colours.edge, [box.left, box.bottom + 0.5], [box.right, box.bottom + 0.5]);
  for (const value of ticks(...plot.x, columns, plot.wholeX)) {
    const at = x.place(value);
    rule(context, colours.edge, [Math.round(at) + 0.5, box.bottom], [Math.round(at) + 0.5, box.bottom + 4]);
    if (at < box.right - 60) context.fillText(plot.xFormat(value), at, base);
  }
  context.textAlign = "right";
  context.fillText(plot.xLabel, box.right, base);
}

function rule(context, colour, from, to) {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

function trace(context, line, x, y, plot) {
  const { xs, ys } = line;
  context.strokeStyle = context.fillStyle = line.colour;
  context.globalAlpha = line.alpha ?? 1;
  context.lineWidth = line.width ?? 1.5;
  context.setLineDash(line.dash ?? []);
  context.beginPath();
  let down = false;
  for (let i = first(xs, plot.x[0]); i < xs.length; i++) {
    const fits = Number.isFinite(ys[i]) && (!plot.log || ys[i] > 0);
    if (fits && down) context.lineTo(x.place(xs[i]), y.place(ys[i]));
    else if (fits) context.moveTo(x.place(xs[i]), y.place(ys[i]));
    down = fits;
    if (xs[i] > plot.x[1]) break;
  }
  context.stroke();
  context.setLineDash([]);
  if (line.dots) dots(context, line, x, y, plot);
  context.globalAlpha = 1;
}

/** The last entry that is not right of the window's left edge. */
function first(xs, low) {
  let [begin, end] = [0, xs.length];
  while (begin < end) {
    const middle = (begin + end) >> 1;
    if (xs[middle] < low) begin = middle + 1;
    else end = middle;
  }
  return Math.max(0, begin - 1);
}

const APART = 9; // pixels between dots

function dots(context, { xs, ys }, x, y, plot) {
  let last = -Infinity;
  for (let i = first(xs, plot.x[0]); i < xs.length && xs[i] <= plot.x[1]; i++) {
    const at = x.place(xs[i]);
    if (at - last < APART || !Number.isFinite(ys[i]) || (plot.log && ys[i] <= 0)) continue;
    last = at;
    context.beginPath();
    context.arc(at, y.place(ys[i]), 2.6, 0, 2 * Math.PI);
    context.fill();
  }
}

/** Changes of knobs: a fine line each, with a label where there is room for one. */
function marks(context, plot, box, x, colours) {
  const ends = Array(LABELS).fill(-Infinity);
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const { x: value, label } of plot.marks) {
    if (value < plot.x[0] || value > plot.x[1]) continue;
    const at = Math.round(x.place(value)) + 0.5;
    context.setLineDash([2, 3]);
    rule(context, colours.quiet, [at, box.top - (plot.labelled ? 4 : 0)], [at, box.bottom]);
    context.setLineDash([]);
    context.fillStyle = colours.quiet;
    triangle(context, at, box.top);
    const width = context.measureText(label).width;
    const left = Math.min(at + 5, box.right - width);
    const row = plot.labelled ? ends.findIndex((end) => left > end + 10) : -1;
    if (row < 0) continue;
    ends[row] = left + width;
    context.fillStyle = colours.ink;
    context.fillText(label, left, box.top - plot.deep + row * LABEL + 4);
  }
}

function triangle(context, at, top) {
  context.beginPath();
  context.moveTo(at - 4, top - 4);
  context.lineTo(at + 4, top - 4);
  context.lineTo(at, top + 3);
  context.fill();
}

/** How much room above the curves labels of marks need. */
export function depthOf(marks) {
  return marks.length ? Math.min(LABELS, marks.length) * LABEL + 2 : 0;
}

function reading(context, plot, box, x, y, colours) {
  const at = Math.round(x.place(plot.cursor)) + 0.5;
  context.lineWidth = 1;
  rule(context, colours.ink, [at, box.top], [at, box.bottom]);
  for (const { xs, ys, colour, faint } of plot.lines) {
    if (faint || !xs.length) continue;
    const i = nearest(xs, plot.cursor);
    if (!Number.isFinite(ys[i]) || (plot.log && ys[i] <= 0)) continue;
    context.fillStyle = colour;
    context.strokeStyle = colours.card;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x.place(xs[i]), y.place(ys[i]), 4.5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

/** The index of the entry nearest to `value` in an ascending list. */
export function nearest(xs, value) {
  const i = first(xs, value);
  return i + 1 < xs.length && Math.abs(xs[i + 1] - value) < Math.abs(xs[i] - value) ? i + 1 : i;
}

function selection(context, { x0, x1, y0, y1 }, box, colours) {
  context.fillStyle = context.strokeStyle = colours.accent;
  context.lineWidth = 1;
  const area = [
    Math.min(x0, x1),
    y0 === null ? box.top : Math.min(y0, y1),
    Math.abs(x1 - x0),
    y0 === null ? box.bottom - box.top : Math.abs(y1 - y0),
  ];
  context.globalAlpha = 0.14;
  context.fillRect(...area);
  context.globalAlpha = 1;
  context.strokeRect(...area);
}
