/** A layer as a card: one line when closed; maps, gradients, weights and the arithmetic when open. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { address } from "./looking.js";
import { PARTS, panel, titleOf } from "./panels.js";
import { count } from "./say.js";

const MAPS = 24;
const UNITS = 64;

/** A volume as it is written: 32 × 32 × 3. */
export const volume = ([width, height, depth]) => `${width} × ${height} × ${depth}`;

/**
 * The card of `layer`, as the server describes it. `hub` has `explain`, `watcher`, `looking`,
 * `parts`,
 * `called(layer, channel)`, `inColour(layer)`, `isLearnt()`, `chosen(name, channel, x, y)`,
 * `turned(card)`, `closing(card)`.
 */
export function layerCard(layer, hub) {
  const id = `layer-${layer.name}`;
  const button = make("button", { type: "button", "aria-expanded": "false", "aria-controls": id }, ...line(layer));
  const inside = make("div", { class: "inside", id, hidden: true });
  const article = make("article", { class: "layer" }, make("h4", {}, button), inside);
  article.style.setProperty("--nesting", layer.nesting ?? 0);
  article.dataset.layer = layer.name;
  const card = { element: article, layer, name: layer.name, isOpen: () => !inside.hidden, opened: null };
  button.addEventListener("click", () => (card.isOpen() ? card.close() : card.open()));
  card.open = () => {
    if (card.isOpen()) return;
    inside.hidden = false;
    button.setAttribute("aria-expanded", "true");
    card.opened = opened(layer, inside, hub);
    hub.turned(card);
  };
  card.close = () => {
    if (!card.isOpen()) return;
    hub.closing(card);
    card.opened.end();
    card.opened = null;
    inside.hidden = true;
    inside.replaceChildren();
    button.setAttribute("aria-expanded", "false");
    hub.turned(card);
  };
  card.focus = () => button.focus({ preventScroll: true });
  return card;
}

/** A layer's text; of a RES or CAT the word alone, as the layers in it follow. */
export const shortText = ({ kind, text }) => (kind === "res" || kind === "cat" ? kind.toUpperCase() : (text ?? ""));

/** In which branch a layer stands, if in any. */
function branch({ path = "" }) {
  const found = /(\w+)\.(body|shortcut|branches\.(\d+))\.\w+$/.exec(path);
  if (!found) return null;
  const [, parent, which, number] = found;
  return make("span", { class: "branch" }, number === undefined ? `${which} of ${parent}` : `branch ${Number(number) + 1} of ${parent}`);
}

function line(layer) {
  const learned = layer.parameters ? `${count(layer.parameters)} parameters` : "";
  const how = layer.parameters && layer.count ? layer.count.replace(/\s*=\s*[\d,\s]+$/, "") : "";
  return [
    make("span", { class: "called" }, layer.name),
    make("span", {}, make("code", { class: "text" }, shortText(layer)), branch(layer)),
    make("span", { class: "volumes" },
      ...(layer.name === "input" ? [volume(layer.output)] : [volume(layer.input), " → ", make("b", {}, volume(layer.output))])),
    make("span", { class: "learned" }, learned, how && make("span", { class: "sum" }, ` = ${how}`)),
  ];
}

/** Fill an opened card and take a seat among the watched. */
function opened(layer, inside, hub) {
  const flat = layer.output[0] * layer.output[1] === 1;
  const size = Math.min(layer.output[2], flat ? UNITS : MAPS);
  const state = { layer, hub, flat, first: 0, size, marked: null, panels: new Map(), seen: new Set() };
  state.fault = faultLine();
  state.when = make("p", { class: "when" });
  state.room = make("div", { class: "panels" });
  state.scope = make("div", { class: "arithmetic" });
  state.pager = pager(state);
  inside.append(
    make("p", { class: "meaning" }, meaning(layer)),
    make("div", { class: "tools" }, toggles(state), state.pager.element, state.when),
    state.fault.element, state.room, state.scope,
  );
  const sight = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const { part } = entry.target.dataset;
      if (entry.isIntersecting) state.seen.add(part);
      else state.seen.delete(part);
    }
    hub.watcher.wake();
  });
  state.sight = sight;
  const given = layer.name === "input" ? picture(state) : () => {};
  for (const part of hub.parts.of(layer)) show(state, part);
  const seat = { layer: layer.name, need: () => need(state), take: (view, parts) => take(state, view, parts), fail: state.fault.show };
  hub.watcher.sit(seat);
  const again = () => state.panels.forEach((one) => one.again());
  document.addEventListener("themed", again);
  return {
    scope: state.scope,
    reveal: (channel) => reveal(state, channel),
    end() {
      sight.disconnect();
      given();
      hub.watcher.leave(seat);
      document.removeEventListener("themed", again);
    },
  };
}

/** The picture itself, before its channels; returns what ends its following the choice. */
function picture({ room, hub }) {
  const image = make("img", { class: "given", alt: "The picture as the network gets it" });
  const turn = () => {
    image.hidden = !hub.looking.picture;
    if (hub.looking.picture) image.src = address(hub.looking.picture);
  };
  turn();
  room.before(image);
  return hub.looking.on(turn);
}

function meaning(layer) {
  if (layer.name === "input") return "The picture as the network gets it: brought to size, each channel shifted and scaled by what is usual in the training pictures.";
  const [width, height] = layer.receptive_field ?? [];
  const sees = width ? ` Each value sees ${width} × ${height} pixels of the picture at most.` : "";
  return `${layer.meaning}${sees}`;
}

function need(state) {
  const { picture, label } = state.hub.looking;
  const parts = Object.keys(PARTS).filter((part) => state.panels.has(part) && state.seen.has(part));
  if (!picture || !parts.length) return null;
  return { picture, label, first: state.first, count: state.size, parts };
}

/** Draw the parts that were asked for, also those that have left the screen meanwhile. */
function take(state, view, parts) {
  state.fault.clear();
  state.when.textContent = state.hub.isLearnt() ? "" : `at step ${count(view.json.step)}`;
  for (const [part, one] of state.panels) {
    if (parts.includes(part)) one.draw(view);
  }
  const came = Object.entries(view.json.blocks).filter(([name]) => name in PARTS).map(([, { shape }]) => shape[0]);
  const fitting = Math.min(state.size, ...came);
  if (fitting && fitting < Math.min(state.size, state.layer.output[2] - state.first)) state.pager.fit(fitting);
}

/** One button for each part that the layer has. */
function toggles(state) {
  const parts = Object.keys(PARTS).filter((part) => state.layer.parameters || !part.startsWith("weight"));
  const buttons = parts.map((part) => {
    const on = state.hub.parts.of(state.layer).includes(part);
    const button = make("button", { type: "button", class: "toggle", "aria-pressed": String(on) }, titleOf(part, state.layer));
    button.addEventListener("click", () => {
      const shown = !state.panels.has(part);
      button.setAttribute("aria-pressed", String(shown));
      state.hub.parts.set(part, shown);
      if (shown) show(state, part);
      else hide(state, part);
      state.hub.watcher.wake();
    });
    return button;
  });
  return make("div", { class: "toggles", role: "group", "aria-label": `What ${state.layer.name} shows` }, ...buttons);
}

function show(state, part) {
  const { layer, hub } = state;
  const made = panel(part, layer, {
    explain: hub.explain,
    called: (channel) => hub.called(layer, channel),
    inColour: hub.inColour(layer),
    chosen: (channel, x, y) => hub.chosen(layer.name, channel, x, y),
  });
  made.element.dataset.part = part;
  made.mark(state.marked);
  state.panels.set(part, made);
  const order = Object.keys(PARTS);
  const behind = [...state.room.children].find((other) => order.indexOf(other.dataset.part) > order.indexOf(part));
  state.room.insertBefore(made.element, behind ?? null);
  state.sight.observe(made.element);
}

function hide(state, part) {
  const { element } = state.panels.get(part);
  state.sight.unobserve(element);
  element.remove();
  state.panels.delete(part);
  state.seen.delete(part);
}

/** Earlier and later channels, where there are more than fit. */
function pager(state) {
  const depth = state.layer.output[2];
  const what = state.flat ? "units" : "channels";
  const said = make("span", { role: "status" });
  const earlier = make("button", { type: "button", class: "plain", "aria-label": `Earlier ${what}` }, "←");
  const later = make("button", { type: "button", class: "plain", "aria-label": `Later ${what}` }, "→");
  const turn = (first) => {
    state.first = Math.min(Math.max(0, first), Math.max(0, depth - 1));
    const last = Math.min(depth, state.first + state.size);
    said.textContent = `${what} ${state.first}–${last - 1} of ${count(depth)}`;
    earlier.setAttribute("aria-disabled", String(state.first === 0));
    later.setAttribute("aria-disabled", String(last === depth));
    state.hub.watcher.wake();
  };
  earlier.addEventListener("click", () => turn(state.first - state.size));
  later.addEventListener("click", () => state.first + state.size < depth && turn(state.first + state.size));
  const element = make("div", { class: "pager", hidden: depth <= state.size }, earlier, said, later);
  /** Show fewer at a time, where no more fit into an answer. */
  const fit = (size) => {
    state.size = size;
    element.hidden = depth <= size;
    turn(Math.floor(state.first / size) * size);
  };
  turn(0);
  return { element, turn, fit };
}

/** Mark a channel as the one that the arithmetic is about, or none, and turn to its page. */
function reveal(state, channel) {
  state.marked = channel;
  for (const one of state.panels.values()) one.mark(channel);
  if (channel === null) return;
  if (channel < state.first || channel >= state.first + state.size) {
    state.pager.turn(Math.floor(channel / state.size) * state.size);
  }
}
