/** Curves as files: a picture of what is drawn, and a table of all values. */

import { DASHES } from "./chartdata.js";
import { drawPlot } from "./chartplot.js";
import { epochsOf } from "./series.js";

const [WIDTH, TALL, GAP, MARGIN, SHARP] = [1000, 380, 24, 28, 2];
const HEADER = [
  "run",
  "name",
  "kind",
  "step",
  "epochs",
  "loss",
  "decay_loss",
  "training_accuracy",
  "validation_loss",
  "validation_accuracy",
  "change",
];

/** One row for each point, look and change of a knob of the runs, after RFC 4180. */
export function csv(runs) {
  const rows = runs.flatMap((run) => rowsOf(run));
  return [HEADER, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function rowsOf({ id, name, series, reached }) {
  const epochs = epochsOf(series, reached);
  const begun = (kind, step) => [id, name, kind, step, Number(epochs(step).toPrecision(7))];
  const points = series.step.map((step, i) => [
    ...begun("point", step),
    series.loss[i],
    series.decay[i],
    series.accuracy[i],
    "",
    "",
    "",
  ]);
  const looks = series.looks.map((look) => [
    ...begun("look", look.step),
    look.loss,
    "",
    look.train_accuracy,
    look.validation_loss,
    look.validation_accuracy,
    "",
  ]);
  const marks = series.marks.map(({ step, text }) => [...begun("change", step), "", "", "", "", "", text]);
  return [...points, ...looks, ...marks];
}

function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A PNG of both plots with a title and the runs' lines, sharp enough to print. */
export async function png(specs, runs, colours, title) {
  const others = runs.filter(({ slot }) => slot);
  const top = MARGIN + 52 + (others.length ? 22 : 0);
  const height = top + 2 * TALL + GAP + MARGIN;
  const canvas = new OffscreenCanvas(SHARP * (WIDTH + 2 * MARGIN), SHARP * height);
  const context = canvas.getContext("2d");
  context.scale(SHARP, SHARP);
  context.fillStyle = colours.card;
  context.fillRect(0, 0, WIDTH + 2 * MARGIN, height);
  context.translate(MARGIN, MARGIN);
  heading(context, title, others, colours);
  context.translate(0, top - MARGIN);
  for (const spec of [specs.loss, specs.accuracy]) {
    drawPlot(context, { ...spec, width: WIDTH, height: TALL, cursor: null, box: null }, colours);
    context.translate(0, TALL + GAP);
  }
  return canvas.convertToBlob({ type: "image/png" });
}

function heading(context, title, others, colours) {
  context.fillStyle = colours.ink;
  context.font = "600 16px system-ui, sans-serif";
  context.textBaseline = "alphabetic";
  context.fillText(title, 0, 14, WIDTH);
  const kinds = [
    ["training", colours.accent, []],
    ["validation", colours.mark, []],
    ["size of the weights", colours.amber, [3, 3]],
  ];
  row(context, kinds, 38, colours);
  row(
    context,
    others.map(({ name, slot }) => [name, colours[`run-${slot}`], DASHES[slot]]),
    60,
    colours,
  );
}

function row(context, entries, y, colours) {
  context.font = "13px system-ui, sans-serif";
  let x = 0;
  for (const [name, colour, dash] of entries) {
    context.strokeStyle = colour;
    context.lineWidth = 2.5;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(x, y - 4);
    context.lineTo(x + 28, y - 4);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = colours.ink;
    context.fillText(name, x + 34, y);
    x += 34 + context.measureText(name).width + 24;
  }
}
