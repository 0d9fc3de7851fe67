/** From the series of runs to the two plots: what is drawn where, in which colour. */

import { depthOf } from "./chartplot.js";
import { extent, roundStep } from "./chartscale.js";
import { windowOf } from "./chartview.js";
import { count, share, small } from "./say.js";
import { epochsOf, smoothed } from "./series.js";

/** Dashes of the runs compared with; the present run, slot 0, is drawn through. */
export const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 6], [14, 4], [4, 2, 1, 2]];

/** A run's series along the axis chosen, smoothed, from where the curves were cleared on. */
export function prepare({ id, slot, name, series, reached }, { axis, smooth, since }) {
  const cleared = since.get(id) ?? 0;
  const begin = cleared ? series.step.findIndex((step) => step > cleared) : 0;
  const cut = (list) => (begin > 0 ? list.slice(begin) : begin < 0 ? [] : list);
  const along = axis === "epochs" ? epochsOf(series, reached) : (step) => step;
  const steps = cut(series.step);
  const looks = series.looks.filter(({ step }) => step > cleared);
  const marks = series.marks.filter(({ step }) => step > cleared);
  const raw = { loss: cut(series.loss), accuracy: cut(series.accuracy) };
  return {
    id,
    slot,
    name,
    steps,
    raw,
    looks,
    marks,
    xs: steps.map(along),
    loss: smoothed(raw.loss, smooth),
    accuracy: smoothed(raw.accuracy, smooth),
    decay: cut(series.decay),
    looksX: looks.map(({ step }) => along(step)),
    marksX: marks.map(({ step }) => along(step)),
    begin: along(cleared),
  };
}

/** How far the runs reach along x: `[first, last]`. */
export function reach(runs) {
  const ends = runs.map(({ xs, looksX }) => Math.max(xs[xs.length - 1] ?? 0, looksX[looksX.length - 1] ?? 0));
  const first = runs.length ? Math.min(...runs.map(({ begin }) => begin)) : 0;
  return [first, Math.max(first + 1e-9, ...ends)];
}

function colourOf(slot, kind, colours) {
  if (slot) return colours[`run-${slot}`];
  return { training: colours.accent, validation: colours.mark, decay: colours.amber }[kind];
}

function lines(run, name, { kinds, smooth }, colours) {
  const { slot, xs, looks, looksX } = run;
  const dash = DASHES[slot];
  const found = [];
  const kind = (of, line) => kinds[of] && found.push({ colour: colourOf(slot, of, colours), dash, kind: of, ...line });
  if (smooth) kind("training", { xs, ys: run.raw[name], width: 1, alpha: 0.28, dash: [], faint: true });
  kind("training", { xs, ys: run[name], width: 1.7 });
  const decays = name === "loss" && run.decay.some((value) => value > 0);
  if (decays) kind("decay", { xs, ys: run.decay, width: 1.3, dash: slot ? dash : [3, 3], alpha: 0.9 });
  const validation = looks.map((look) => look[`validation_${name}`]);
  kind("validation", { xs: looksX, ys: validation, width: 2.2, dots: true });
  return found;
}

const RARE = 0.03; // share of values that Fit may leave out

/** Values within the window, of what is not merely a faint background. */
function visible(drawn, [low, high]) {
  return drawn.filter(({ faint }) => !faint).map(({ xs, ys }) => ys.filter((_, i) => xs[i] >= low && xs[i] <= high));
}

function lossRange(all, x, { log, fit }) {
  const ofPictures = all.filter(({ kind }) => kind !== "decay"); // the other part lies far below
  const drawn = (log || fit) && ofPictures.length ? ofPictures : all;
  const values = visible(drawn, x).map((list) => (log ? list.filter((value) => value > 0) : list));
  const found = extent(values);
  if (!found) return log ? [0.1, 1] : [0, 1];
  const [low, high] = found;
  if (log) return [low * 0.9, Math.max(high * 1.1, low * 2)];
  if (fit) return padded(low, typical(values, 1 - RARE));
  const step = roundStep(Math.max(high, 1e-6) / 4);
  return [0, step * Math.ceil((high / step) * 1.0001)];
}

/** The value that a share of all values lie below: what is fitted leaves the few at the start out. */
function typical(lists, part) {
  const all = lists.flat().filter(Number.isFinite);
  all.sort((a, b) => a - b);
  return all[Math.round(part * (all.length - 1))];
}

function padded(low, high) {
  const margin = Math.max((high - low) * 0.06, Math.abs(high) * 1e-3, 1e-6);
  return [low - margin, high + margin];
}

function accuracyRange(drawn, x, { fit }) {
  const values = visible(drawn, x);
  const found = fit ? extent(values) : null;
  if (!found) return [0, 1];
  const [low, high] = padded(typical(values, RARE), found[1]);
  return [Math.max(0, low), Math.min(1.005, high)];
}

/** The two plots `{loss, accuracy}`, ready to be drawn but for their size. */
export function plots(runs, options, view, colours) {
  const x = windowOf(view, reach(runs));
  const epochs = options.axis === "epochs";
  const marks = runs.flatMap(({ slot, marks: own, marksX }) =>
    own.map(({ text }, i) => ({ x: marksX[i], label: slot ? "" : text })).filter(() => !slot),
  );
  const within = marks.filter((mark) => mark.x >= x[0] && mark.x <= x[1]);
  const common = {
    x,
    marks,
    xLabel: epochs ? "epochs" : "steps",
    wholeX: !epochs,
    xFormat: epochs ? (value) => small(value, 4) : count,
  };
  const loss = runs.flatMap((run) => lines(run, "loss", options, colours));
  const accuracy = runs.flatMap((run) => lines(run, "accuracy", options, colours));
  const decimals = (range) => (range[1] - range[0] < 0.06 ? 1 : 0);
  const accuracyY = view.y.accuracy ?? accuracyRange(accuracy, x, options);
  return {
    loss: {
      ...common,
      title: options.log ? "Loss, on a logarithmic scale" : "Loss",
      lines: loss,
      labelled: true,
      deep: depthOf(within),
      log: options.log,
      y: view.y.loss ?? lossRange(loss, x, options),
      yFormat: (value) => small(value, 3),
    },
    accuracy: {
      ...common,
      title: "Accuracy",
      lines: accuracy,
      labelled: false,
      deep: 0,
      log: false,
      y: accuracyY,
      yFormat: (value) => share(value, decimals(accuracyY)),
    },
  };
}

/** What stands at the place `x`, run by run: the entry of training, the last look, changes near it. */
export function readings(runs, x, index) {
  return runs
    .filter(({ xs }) => xs.length)
    .map((run) => {
      const i = index(run.xs, x);
      const look = run.looksX.length ? run.looks[index(run.looksX, x)] : null;
      const changes = run.marks.filter(({ step }) => Math.abs(step - run.steps[i]) <= gap(run.steps, i));
      return {
        name: run.name,
        slot: run.slot,
        step: run.steps[i],
        loss: run.raw.loss[i],
        decay: run.decay[i],
        accuracy: run.raw.accuracy[i],
        look,
        changes,
      };
    });
}

function gap(steps, i) {
  const around = [steps[i] - (steps[i - 1] ?? 0), (steps[i + 1] ?? steps[i]) - steps[i]];
  return Math.max(...around, 1);
}
