/** The curves of loss and accuracy: two plots over one stretch of the run. */

import { make } from "../report/words.js";
import { save } from "./api.js";
import { plots, prepare, reach, readings } from "./chartdata.js";
import { gestures } from "./chartgestures.js";
import { legend } from "./chartlegend.js";
import { drawPlot, nearest } from "./chartplot.js";
import { reading } from "./chartreading.js";
import { csv, png } from "./chartsave.js";
import { table } from "./charttable.js";
import { tools } from "./charttools.js";
import { heightened, panned, WHOLE, windowed, windowOf, zoomed } from "./chartview.js";
import { faultLine } from "./fault.js";
import { watch } from "./seen.js";

const COLOURS = [
  "card",
  "ink",
  "quiet",
  "line",
  "edge",
  "accent",
  "mark",
  "amber",
  ...[1, 2, 3, 4, 5, 6].map((slot) => `run-${slot}`),
];
const HELP =
  "Arrow keys read values, plus and minus zoom, Shift with an arrow key moves, Escape shows the whole run. With the mouse: drag to zoom, Shift and drag to move, Ctrl and wheel to zoom.";

const CALM = 400; // ms after which curves that grew are drawn, if no other change of the page comes first

/** The panel of curves. */
export function charts({ store, explain }, model) {
  const options = {
    axis: "steps",
    smooth: 0.6,
    log: false,
    fit: false,
    kinds: { training: true, validation: true, decay: true },
    since: new Map(),
  };
  const chart = {
    model,
    options,
    view: WHOLE,
    cursor: null,
    box: null,
    runs: [],
    specs: null,
    canvases: new Map(),
    geometry: new Map(),
    colours: null,
    wanted: false,
    later: null,
    drawn: 0,
  };
  const fault = faultLine();
  const help = make("p", { class: "hidden", id: "curves-help" }, HELP);
  const values = reading();
  const bar = tools(toolActions(chart, store, fault), options, explain);
  const key = legend(model, options, () => redraw(chart), explain);
  const words = table();
  const waiting = make("p", { class: "small waiting" }, "The curves begin with the first update.");
  const panel = make(
    "div",
    { class: "card charts" },
    bar.element,
    key.element,
    waiting,
    canvasOf(chart, "loss", "Loss"),
    canvasOf(chart, "accuracy", "Accuracy"),
    help,
    values.element,
    fault.element,
    words.element,
  );
  Object.assign(chart, { bar, key, words, values, waiting, fault, seen: watch(panel, () => redraw(chart)) });
  model.on(() => redraw(chart, CALM));
  store.on("state", ({ run }) => {
    if (chart.current !== run?.id) Object.assign(chart, { current: run?.id, view: WHOLE, cursor: null });
    else if (chart.later === null) return;
    redraw(chart); // in the frame in which the figures change
  });
  document.addEventListener("themed", () => {
    chart.colours = null;
    redraw(chart);
  });
  return panel;
}

function canvasOf(chart, name, label) {
  const canvas = make("canvas", {
    class: "plot",
    tabIndex: 0,
    role: "application",
    "aria-label": `Curves of ${label.toLowerCase()}`,
    "aria-describedby": "curves-help",
  });
  canvas.setAttribute("aria-roledescription", "chart");
  chart.canvases.set(name, canvas);
  gestures(canvas, gestureActions(chart, name));
  canvas.addEventListener("focus", () => chart.cursor ?? read(chart, Infinity, "keys"));
  new ResizeObserver(() => redraw(chart)).observe(canvas);
  return canvas;
}

/** Draw once before the next frame, if anybody can see it; what merely grows may wait `calm` ms. */
function redraw(chart, calm = 0) {
  if (!chart.seen?.now || chart.wanted) return;
  const due = chart.drawn + calm - performance.now();
  if (due > 0) {
    chart.later ??= setTimeout(() => {
      chart.later = null;
      redraw(chart);
    }, due);
    return;
  }
  clearTimeout(chart.later);
  Object.assign(chart, { later: null, wanted: true });
  requestAnimationFrame((now) => {
    Object.assign(chart, { wanted: false, drawn: now });
    draw(chart);
  });
}

function draw(chart) {
  const { model, options, view, canvases, fault } = chart;
  chart.colours ??= themed();
  const shown = model.shown();
  chart.runs = shown.filter(({ off }) => !off).map((run) => prepare(run, options));
  if (chart.cursor === null && [...canvases.values()].some((canvas) => canvas.matches(":focus-visible"))) {
    chart.cursor = end(chart.runs); // whoever came by the keyboard before there was anything to read
  }
  chart.specs = plots(chart.runs, options, view, chart.colours);
  for (const [name, canvas] of canvases) {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) continue;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const box = chart.box?.name === name ? chart.box.area : null;
    chart.geometry.set(
      name,
      drawPlot(context, { ...chart.specs[name], width, height, cursor: chart.cursor, box }, chart.colours),
    );
  }
  chart.bar.update({ zoomed: Boolean(view.x || view.y.loss || view.y.accuracy), cleared: options.since.has(chart.current) });
  chart.key.update(shown);
  chart.words.update(chart.runs);
  chart.waiting.hidden = chart.runs.some(({ xs }) => xs.length > 0);
  if (model.fault()) fault.show(model.fault());
  else if (!chart.failed) fault.clear();
  if (chart.cursor !== null) chart.values.show(readings(chart.runs, chart.cursor, nearest));
}

function themed() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function look(chart, view) {
  chart.view = view;
  redraw(chart);
}

function end(runs) {
  const main = runs.find(({ xs }) => xs.length);
  return main ? main.xs[main.xs.length - 1] : null;
}

/** Read the values at `x`; by keys they are read out too. */
function read(chart, x, how) {
  const main = chart.runs.find(({ xs }) => xs.length);
  if (!main) return;
  chart.cursor = main.xs[nearest(main.xs, Math.min(x, main.xs[main.xs.length - 1]))];
  chart.values.aloud = how === "keys";
  redraw(chart);
}

function gestureActions(chart, name) {
  const data = () => reach(chart.runs);
  return {
    geometry: () => chart.geometry.get(name) ?? { x: { value: () => 0 }, box: { left: 0, right: 1, top: 0, bottom: 1 } },
    read: (x, how) => read(chart, x, how),
    leave() {
      if (document.activeElement === chart.canvases.get(name)) return;
      chart.cursor = null;
      chart.values.clear();
      redraw(chart);
    },
    zoom: (factor, x) => look(chart, zoomed(chart.view, data(), factor, x ?? chart.cursor)),
    pan: (part) => look(chart, panned(chart.view, data(), part)),
    whole: () => look(chart, WHOLE),
    choose(area, done) {
      chart.box = area && !done ? { name, area } : null;
      if (!area || !done) return redraw(chart);
      const { x, y } = chart.geometry.get(name);
      const [low, high] = [x.value(Math.min(area.x0, area.x1)), x.value(Math.max(area.x0, area.x1))];
      const wide = Math.abs(area.x1 - area.x0) > 3 ? windowed(chart.view, [low, high], data()) : chart.view;
      const range = area.y0 === null ? null : [y.value(Math.max(area.y0, area.y1)), y.value(Math.min(area.y0, area.y1))];
      look(chart, range ? heightened(wide, name, range) : wide);
    },
    move(way, far) {
      const main = chart.runs.find(({ xs }) => xs.length);
      if (!main) return;
      const [low, high] = windowOf(chart.view, data());
      const at = nearest(main.xs, chart.cursor ?? high);
      const part = far ? 0.1 : 0.005;
      const wanted = Number.isFinite(way) ? main.xs[at] + way * part * (high - low) : way > 0 ? high : low;
      const next = nearest(main.xs, wanted);
      read(
        chart,
        main.xs[next === at && Number.isFinite(way) ? Math.min(main.xs.length - 1, Math.max(0, at + way)) : next],
        "keys",
      );
    },
  };
}

function toolActions(chart, store, fault) {
  const data = () => reach(chart.runs);
  const name = () => `convlens-${chart.current ?? "curves"}`;
  return {
    zoom: (factor) => look(chart, zoomed(chart.view, data(), factor, chart.cursor)),
    pan: (part) => look(chart, panned(chart.view, data(), part)),
    whole: () => look(chart, WHOLE),
    set(key, value) {
      chart.options[key] = value;
      look(chart, key === "axis" ? WHOLE : { ...chart.view, y: {} });
    },
    clear() {
      const { since } = chart.options;
      if (since.has(chart.current)) since.delete(chart.current);
      else {
        since.clear();
        since.set(chart.current, store.state?.run?.step ?? 0);
        for (const { id, slot } of chart.model.shown()) if (slot) chart.model.compare(id, false);
      }
      look(chart, WHOLE);
    },
    async png() {
      const { run, data: pictures } = store.state ?? {};
      try {
        const title = [pictures?.name, run?.net].filter(Boolean).join(": ") || "Curves";
        save(await png(chart.specs, chart.runs, chart.colours, title), `${name()}.png`);
      } catch (error) {
        chart.failed = true;
        fault.show(error);
      }
    },
    csv: () => save(new Blob([csv(chart.model.shown().filter(({ off }) => !off))], { type: "text/csv" }), `${name()}.csv`),
  };
}
