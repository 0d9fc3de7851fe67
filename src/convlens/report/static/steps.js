/** What the layers behind made of a value, as long as each makes its values of one channel's. */

import { layers, map, shape, value } from "./volumes.js";
import { known, terms } from "./terms.js";

/** The steps behind a value, and in words why the last is the last. */
export function steps(name, channel, x, y) {
  const found = [];
  let place = { name, channel, x, y };
  for (;;) {
    const layer = layers.get(place.name);
    const next = layer ? behind(layer, place) : first(place);
    if (typeof next === "string") return { steps: found, ends: next };
    if (!known(next.name, next.channel)) return { steps: found, ends: `${next.name} is summarised` };
    found.push(next);
    place = next;
  }
}

const STOPS = {
  conv: "weighs it together with others",
  fc: "weighs it together with all others",
  res: "reads it in its body and its shortcut",
  cat: "reads it in each of its branches",
};

/** Behind the input stands the network's first layer. */
function first(place) {
  const layer = [...layers.values()].find((one) => one.source === "input" && !one.parent);
  return layer ? into(layer, place) : "the end of the network";
}

function behind(layer, place) {
  if (layer.behind) return into(layers.get(layer.behind), place);
  if (layer.parent) return outOf(layer, place);
  return "the end of the network";
}

function into(layer, place) {
  if (layer.kind in STOPS) return `${layer.name} ${STOPS[layer.kind]}`;
  const places = placesBehind(layer, place);
  if (!places.length) return `${layer.name} leaves this cell out`;
  if (map(layer.name, places[0].channel) === null) return `${layer.name} is summarised`;
  const made = places.map((at) => step(layer, at, place));
  return { ...(made.find((one) => one.won) ?? made[0]), windows: made.length };
}

/** From the end of a branch to the RES or CAT around it. */
function outOf(layer, place) {
  const parent = layers.get(layer.parent);
  let { channel } = place;
  if (parent.kind === "cat") {
    for (const end of parent.ends.slice(0, layer.branch)) channel += shape(end).depth;
  }
  return step(parent, { channel, x: place.x, y: place.y }, place);
}

function placesBehind(layer, { channel, x, y }) {
  if (layer.kind === "maxout") return [{ channel: Math.floor(channel / layer.group), x, y }];
  if (layer.kind !== "pool") return [{ channel, x, y }];
  if (!layer.kernel) return [{ channel, x: 0, y: 0 }];
  const columns = windows(x + layer.pad[0], layer.kernel[0], layer.stride, layer.width);
  const rows = windows(y + layer.pad[1], layer.kernel[1], layer.stride, layer.height);
  return rows.flatMap((row) => columns.map((column) => ({ channel, x: column, y: row })));
}

/** The windows along one axis that hold the cell `at`, padding counted. */
function windows(at, width, stride, count) {
  const found = [];
  const last = Math.min(count - 1, Math.floor(at / stride));
  for (let w = Math.max(0, Math.ceil((at - width + 1) / stride)); w <= last; w++) found.push(w);
  return found;
}

function step(layer, at, place) {
  const made = known(layer.name, at.channel) ? terms(layer.name, at.channel, at.x, at.y) : null;
  let won = null;
  if (made?.winner != null) {
    const window = made.kind === "window";
    won = window
      ? made.winner[0] === place.x && made.winner[1] === place.y
      : made.winner === place.channel;
  }
  return { name: layer.name, ...at, value: value(layer.name, at.channel, at.x, at.y), terms: made, won, windows: 1 };
}
