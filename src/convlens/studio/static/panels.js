/** What an opened layer shows: its activations, their gradients, its weights, and theirs. */

import { make, number } from "../report/words.js";
import { histogram } from "./histogram.js";
import { legend } from "./legend.js";
import { colourSheet, filterSheet, mapSheet } from "./sheets.js";
import { tiles } from "./tiles.js";
import { units } from "./units.js";

/** The parts of a layer in the order in which they stand, as the server names them. */
export const PARTS = {
  activations: {
    title: "Activation maps",
    term: "activation",
    about: "What the layer gives for the picture, channel by channel.",
  },
  gradients: {
    title: "Activation gradients",
    term: "activation gradient",
    about: "How much a small rise of each value would add to the score of the class that gradients are of.",
  },
  weights: {
    title: "Weights",
    term: "weight",
    about: "The numbers that the layer has learned so far.",
  },
  weight_gradients: {
    title: "Weight gradients",
    term: "weight gradient",
    about: "How much a small rise of each weight would have added to the loss at the last step of training.",
  },
};

/** What a part of a layer is called: units have no maps. */
export function titleOf(part, { output: [width, height] }) {
  return part === "activations" && width * height === 1 ? "Activations" : PARTS[part].title;
}

const GIVEN = "What the network is given, channel by channel.";
const ABSENT = {
  weights: "This layer has nothing to learn.",
  weight_gradients: "There are none before the first step of training.",
};

/**
 * A panel for one part of a layer. `inColour`: its filters read red, green and blue; `called(channel)`
 * names a channel; `chosen(channel, x, y)` is called for a click, without a cell where none was meant.
 */
export function panel(part, layer, { explain, called, inColour, chosen }) {
  const { term, about } = PARTS[part];
  const title = titleOf(part, layer);
  const absent = make("p", { class: "waiting" }, "The network is being asked …");
  const found = make("div", { class: "found", hidden: true });
  const side = { spread: histogram(`${title} of ${layer.name}`), scale: legend() };
  const body = make("div", { class: "sheetroom" });
  found.append(make("div", { class: "aside" }, side.spread.element, side.scale.element), body);
  const element = make("div", { class: "panel", role: "group", "aria-label": `${title} of ${layer.name}` },
    make("header", {}, make("h5", {}, title, " ", explain(term)), make("p", { class: "about" }, layer.name === "input" && part === "activations" ? GIVEN : about)),
    absent, found);
  const state = { part, layer, called, inColour, chosen, title, body, view: null, sheet: null, shown: null, marked: null };
  return {
    element,
    part,

    /** Draw the part of a view; says so where the view has none. */
    draw(view) {
      const stats = view.json.stats?.[part];
      const values = view.block(part);
      const there = Boolean(stats && values && values.length);
      absent.hidden = there;
      absent.className = "absent";
      absent.textContent = ABSENT[part] ?? "There is none to show.";
      found.hidden = !there;
      if (!there) return;
      side.spread.draw(stats);
      fill(state, view, values, view.json.blocks[part].shape, stats, side.scale);
    },

    /** Mark what belongs to a channel, or nothing for null. */
    mark(channel) {
      state.marked = channel;
      state.shown?.mark(channel === null || !state.view ? -1 : channel - state.view.first);
    },

    /** Once more, where the colours of the page have changed. */
    again: () => side.spread.again(),
  };
}

/** Draw values of a shape (count,), (count, H, W) or (count, D, h, w). */
function fill(state, view, values, shape, stats, scale) {
  const most = Math.max(Math.abs(stats.min ?? 0), Math.abs(stats.max ?? 0)) || 1;
  const signed = state.part !== "activations" || stats.min < 0;
  const coloured = state.inColour && state.part.startsWith("weight");
  scale.draw(most, coloured ? "coloured" : signed ? "signed" : "rising");
  const { first, every } = view.json;
  const flat = shape.slice(1).every((side) => side === 1);
  state.view = { first, every: every ?? 1, bias: state.part === "weights" ? view.block("bias") : undefined };
  if (flat) {
    const names = Array.from({ length: shape[0] }, (_, i) => state.called(first + i));
    scale.element.hidden = true; // bars have their numbers beside them
    seat(state, "units").draw({ values, names, scale: most, signed });
  } else {
    state.sheet = sheetOf(state, values, shape, most, signed);
    const names = Array.from({ length: shape[0] }, (_, i) => ({
      caption: state.called(first + i),
      label: `${noun(state)} ${state.called(first + i)}`,
    }));
    seat(state, "tiles").draw({ ...state.sheet, names });
  }
  state.shown.mark(state.marked === null ? -1 : state.marked - first);
}

function sheetOf(state, values, shape, most, signed) {
  if (shape.length === 3) return mapSheet(values, shape, most, signed, state.view.every);
  if (state.inColour && shape[1] === 3) return colourSheet(values, shape, most);
  return filterSheet(values, shape, most);
}

const noun = ({ part, layer }) => {
  if (part === "activations" || part === "gradients") return "channel";
  return layer.kind === "fc" ? "unit" : "filter";
};

/** Where tiles or bars are drawn; built at first use. */
function seat(state, kind) {
  if (state.shown?.kind === kind) return state.shown;
  const label = `${state.title} of ${state.layer.name}`;
  const choose = (tile, x, y) => {
    const { first, every } = state.view;
    if (x === undefined || state.part.startsWith("weight")) state.chosen(first + tile);
    else state.chosen(first + tile, every * x, every * y);
  };
  const made =
    kind === "units"
      ? units({ label, chosen: choose })
      : tiles({ label, told: (tile, x, y) => told(state, tile, x, y), chosen: choose });
  state.shown = { kind, ...made };
  state.body.replaceChildren(made.element);
  return state.shown;
}

/** The cell of a tile in words; of the whole tile where x is undefined. */
function told(state, tile, x, y) {
  const name = `${noun(state)} ${state.called(state.view.first + tile)}`;
  const bias = state.view.bias ? `, bias ${number(state.view.bias[tile])}` : "";
  if (x === undefined) return `${name}${bias}`;
  const cell = state.sheet.at(tile, x, y);
  if (!cell) return `${name}${bias}`;
  const slice = cell.slice === null ? "" : `, input channel ${cell.slice}`;
  const where = `${name}${slice}, x ${cell.x}, y ${cell.y}`;
  if (!Array.isArray(cell.value)) return `${where}: ${number(cell.value)}${bias}`;
  const [red, green, blue] = cell.value.map((value) => number(value));
  return `${where}: red ${red}, green ${green}, blue ${blue}${bias}`;
}
