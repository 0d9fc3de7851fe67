/** The arithmetic behind a cell: the report's own modules, on numbers that the studio hands them. */

import { again, close, look, looked, remember } from "../report/scope.js";
import { known } from "../report/terms.js";
import { facts, hold, map, shape, tell } from "../report/volumes.js";
import { make } from "../report/words.js";
import { colours } from "./colours.js";
import { faultLine } from "./fault.js";
import { count } from "./say.js";

/**
 * One scope for all cards. `room(name, channel)` opens a layer's card and gives the place for the
 * arithmetic in it, or null where the network has no such layer; `left(place)` hears of its end.
 */
export function arithmetic({ api, store }, looking, { room, left }) {
  const parts = {
    scope: make("div", { class: "scope", hidden: true }),
    note: faultLine(),
    said: make("span", { role: "status" }),
    renew: make("button", { type: "button", class: "plain" }, "Bring up to date"),
  };
  parts.when = make("p", { class: "ofstep", hidden: true }, parts.said, " ", parts.renew);
  const state = { ...parts, api, store, looking, room, left, at: null, busy: false, tried: null, of: null };
  parts.renew.addEventListener("click", () => refresh(state));
  parts.scope.addEventListener("keydown", (event) => {
    if (event.key === "Escape") shut(state, true);
  });
  store.on("state", () => follow(state));
  looking.on(() => looked() && refresh(state));
  return {
    /** Show the cell {name, channel, x, y} at the newest step; the strongest one without x and y. */
    open: (place) => open(state, place),
    shut: () => shut(state, false),
  };
}

const stepNow = ({ store }) => store.state?.run?.step ?? 0; // none is told before the first

/** Whether the numbers at hand are of the run and the picture that are looked at. */
function isCurrent({ of, store, looking }) {
  return Boolean(of) && of.run === store.state?.run?.id && of.picture === looking.picture && of.label === looking.label;
}

function open(state, place) {
  return guarded(state, async () => {
    put(state, place);
    if (!isCurrent(state) || state.of.step !== stepNow(state)) await fetchNumbers(state);
    await fetchMissing(state, place);
    remember();
    show(state, place.x === undefined ? strongest(place) : place, true);
  });
}

/** Ask for the numbers of the picture as the network is now, and lay them before the report's modules. */
async function fetchNumbers(state, around = null) {
  const { picture, label } = state.looking;
  const run = state.store.state?.run?.id;
  const asked = new URLSearchParams({ picture });
  if (around) asked.set("layer", around.name);
  if (around) asked.set("channel", around.channel);
  if (label !== null) asked.set("class", label);
  const { json, block } = await state.api.binary(`look?${asked}`);
  tell({ colours, ...json.facts, shown: 0, asks: true });
  hold({ weights: block("weights"), values: block("values"), volumes: facts.pictures[0].volumes });
  state.of = { run, picture, label, step: json.step };
}

/** Of a network that is too large to come whole, ask for what is behind this channel. */
async function fetchMissing(state, place) {
  if (!known(place.name, place.channel)) await fetchNumbers(state, place);
}

/** One piece of work at a time; what the server refuses is said in place of the numbers. */
async function guarded(state, work) {
  if (state.busy) return;
  state.busy = true;
  state.scope.setAttribute("aria-busy", "true");
  waiting(state);
  try {
    state.note.clear();
    await work();
  } catch (fault) {
    if (fault.status === undefined) throw fault;
    state.note.show(fault);
  } finally {
    state.busy = false;
    state.scope.removeAttribute("aria-busy");
    status(state);
  }
}

function waiting({ when, said, renew }) {
  when.hidden = false;
  renew.hidden = true;
  said.textContent = "The numbers behind this picture are being fetched …";
}

/** The cell where a channel answers most strongly. */
function strongest(place) {
  const values = map(place.name, place.channel) ?? [];
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(values[best])) best = i;
  const { width } = shape(place.name);
  return { ...place, x: best % width, y: Math.floor(best / width) };
}

/** Lay the scope into a layer's card; false where there is none. */
function put({ room, when, note, scope }, { name, channel }) {
  const seat = room(name, channel);
  if (seat && scope.parentNode !== seat) seat.replaceChildren(when, note.element, scope);
  return Boolean(seat);
}

/** Go on to another cell, whose numbers may have to be asked for. */
function go(state, place) {
  if (known(place.name, place.channel)) return show(state, place, false);
  return guarded(state, async () => {
    await fetchMissing(state, place);
    show(state, place, false);
  });
}

function show(state, place, near) {
  const { scope, note } = state;
  if (!put(state, place)) return;
  if (map(place.name, place.channel) === null) {
    note.show({ message: `The map of ${place.name}, channel ${place.channel}, is too large to be sent with its arithmetic` });
    return;
  }
  look(scope, place, { go: (to) => go(state, to), shut: () => shut(state, true) });
  state.at = place;
  status(state);
  const focused = (near && scope.querySelector(".cell")) || scope.querySelector("h4");
  focused.focus({ preventScroll: true });
}

function shut(state, focus) {
  const at = looked() ?? state.at;
  close();
  state.at = null;
  state.note.clear();
  status(state);
  if (focus && at) state.left(at);
}

/** The same cell, of the network as it is now. */
function refresh(state) {
  return guarded(state, async () => {
    const place = looked();
    if (!place) return;
    await fetchNumbers(state);
    await fetchMissing(state, place);
    if (!looked()) return;
    const inside = state.scope.contains(document.activeElement);
    const on = document.activeElement?.classList.contains("cell") ? ".cell" : "h4";
    again();
    if (inside) state.scope.querySelector(on)?.focus({ preventScroll: true });
  });
}

/** Say of which step the numbers are. */
function status(state) {
  const { when, said, renew, of } = state;
  when.hidden = !looked();
  if (when.hidden || state.busy) return;
  const now = stepNow(state);
  const old = isCurrent(state) && now !== of.step;
  const text = old
    ? `The network as it was at step ${count(of.step)}; it is at step ${count(now)} now.`
    : `The network at step ${count(of.step)}.`;
  if (said.textContent !== text) said.textContent = text;
  renew.hidden = !old;
}

/** While nothing is learning, what is shown is always of now. */
function follow(state) {
  if (!looked() || state.of?.run !== state.store.state?.run?.id) return;
  status(state);
  const { phase } = state.store.state;
  const now = stepNow(state);
  if (phase === "training" || phase === "judging" || now === state.of.step || now === state.tried) return;
  state.tried = now;
  refresh(state);
}
