/** The maps of each stage: tiles to choose from, or bars where a layer has one cell. */

import { facts, layers, map, shape, value } from "./volumes.js";
import { cellUnder, draw, strongest } from "./paint.js";
import { make, number, percent } from "./words.js";

/** The statistics of a layer's whole output for the picture shown. */
export const statistics = (name, picture) => facts.pictures[picture].statistics[name];

/** What a channel is called: the class' name at the network's end. */
export function channelName(name, channel) {
  const { depth, width, height } = shape(name);
  const end = width * height === 1 && depth === facts.classes.length && facts.ends.includes(name);
  return end ? facts.classes[channel] : `${channel}`;
}

/** Fill a stage's maps with those of `name`; `choose(name, channel, x, y)` is called for a cell. */
export function showMaps(stage, name, picture, choose) {
  const layer = layers.get(name);
  const found = statistics(name, picture);
  for (const tab of stage.querySelectorAll(".tab")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.layer === name));
  }
  stage.querySelector(".stats").textContent = told(layer, found);
  const room = stage.querySelector(".maps");
  room.setAttribute("aria-label", `Maps of ${name}`);
  room.classList.toggle("units", layer.width * layer.height === 1);
  const scale = Math.max(Math.abs(found.low), Math.abs(found.high)) || 1;
  const signed = found.low < 0;
  const make_ = layer.width * layer.height === 1 ? unit : tile;
  room.replaceChildren(
    ...ordered(layer).filter((c) => map(name, c) !== null).map((c) => make_(layer, c, scale, signed, choose)),
  );
}

/** Units by their values where there are many; classes and maps in their own order. */
function ordered(layer) {
  if (layer.width * layer.height > 1) return layer.shown;
  const of = (channel) => value(layer.name, channel, 0, 0) ?? 0;
  return [...layer.shown].sort((a, b) => of(b) - of(a));
}

function told(layer, found) {
  const shown = layer.shown.length;
  const what = layer.width * layer.height === 1 ? "values" : "channels";
  const some = shown < layer.depth ? ` The ${shown} of ${layer.depth} ${what} that answer most strongly.` : "";
  const silent = found.zero > 0.005 ? `, ${percent(found.zero)} of them zero` : "";
  const range = `Values from ${number(found.low)} to ${number(found.high)}${silent}; one scale for all.`;
  return `${range}${some}`;
}

function tile(layer, channel, scale, signed, choose) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const values = map(layer.name, channel);
  draw(canvas, values, layer.width, layer.height, scale, signed);
  const best = strongest(values, layer.width);
  const most = number(values[best.y * layer.width + best.x]);
  const button = make(
    "button",
    { type: "button", class: "map", "aria-label": `channel ${channel}, strongest value ${most}` },
    canvas,
    make("span", {}, String(channel)),
  );
  button.dataset.channel = channel;
  button.addEventListener("click", (event) => {
    const cell = event.detail === 0 ? best : cellUnder(event, canvas, layer.name);
    choose(layer.name, channel, cell.x, cell.y);
  });
  return button;
}

function unit(layer, channel, scale, signed, choose) {
  const found = value(layer.name, channel, 0, 0);
  const bar = make("span", { class: found < 0 ? "length below" : "length" });
  bar.style.width = `${(Math.abs(found) / scale) * (signed ? 50 : 100)}%`;
  if (signed) bar.style.marginInlineStart = `${found < 0 ? 50 - (Math.abs(found) / scale) * 50 : 50}%`;
  const button = make(
    "button",
    { type: "button", class: "unit" },
    make("span", { class: "name" }, channelName(layer.name, channel)),
    make("span", { class: "room" }, bar),
    make("span", { class: "value" }, number(found)),
  );
  button.dataset.channel = channel;
  button.addEventListener("click", () => choose(layer.name, channel, 0, 0));
  return button;
}
