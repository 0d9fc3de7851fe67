/** Every layer of the running network as a card, in reading order. */

import { make } from "../report/words.js";
import { arithmetic } from "./arithmetic.js";
import { layerCard } from "./layercard.js";
import { kept } from "./kept.js";
import { watching } from "./watching.js";

const COLOURS = ["red", "green", "blue"];

/** The cards of the network that `running` tells, for the picture of `looking`. */
export function layers(context, running, looking) {
  const watcher = watching(context);
  const list = make("div", { class: "cards" });
  const empty = make("p", { class: "absent" }, "The layers appear as soon as there is a network.");
  const all = ["Open all", "Close all"].map((name) => make("button", { type: "button", class: "plain" }, name));
  const memory = kept("convlens-layers");
  const last = memory.recall();
  const shown = new Set(last?.parts ?? ["activations", "weights"]);
  const state = { cards: new Map(), open: new Set(last?.open ?? []), first: null };

  const scope = arithmetic(context, looking, { room: roomOf, left });

  const hub = {
    explain: context.explain,
    watcher,
    isLearnt: () => context.store.state?.phase === "looking",
    looking,
    called: (layer, channel) => called(context.store.state, layer, channel),
    inColour: (layer) => layer.kind === "conv" && layer.input[2] === 3 && layer.name === state.first,
    chosen: (name, channel, x, y) => scope.open({ name, channel, x, y }),
    parts: {
      of: (layer) => [...shown].filter((part) => layer.parameters || !part.startsWith("weight")),
      set(part, on) {
        if (on) shown.add(part);
        else shown.delete(part);
        keep();
      },
    },
    turned(card) {
      if (card.isOpen()) state.open.add(card.name);
      else state.open.delete(card.name);
      keep();
    },
    closing(card) {
      if (card.element.querySelector(".scope:not([hidden])")) scope.shut();
    },
  };

  function keep() {
    memory.keep({ open: [...state.open], parts: [...shown] });
  }

  /** The focus goes back to the tile that the arithmetic was opened from. */
  function left({ name }) {
    const card = state.cards.get(name);
    const tile = card?.element.querySelector(".panel [aria-current]");
    if (tile) tile.focus({ preventScroll: true });
    else card?.focus();
    card?.opened?.reveal(null);
  }

  function roomOf(name, channel) {
    const card = state.cards.get(name);
    if (!card) return null;
    for (const other of state.cards.values()) if (other !== card) other.opened?.reveal(null);
    card.open();
    card.opened.reveal(channel);
    return card.opened.scope;
  }

  /** The cards of another network, or of the same begun anew; what was open stays open. */
  function rebuild(known) {
    const open = new Set(state.open);
    scope.shut();
    for (const card of state.cards.values()) card.close();
    state.open = open;
    state.cards.clear();
    const described = known ? withInput(known.reading.layers) : [];
    state.first = described.find((layer) => layer.kind === "conv")?.name ?? null;
    for (const layer of described) state.cards.set(layer.name, layerCard(layer, hub));
    list.replaceChildren(...[...state.cards.values()].map((card) => card.element));
    for (const card of state.cards.values()) if (open.has(card.name)) card.open();
    empty.hidden = state.cards.size > 0;
    for (const button of all) button.hidden = !state.cards.size;
  }

  all[0].addEventListener("click", () => state.cards.forEach((card) => card.open()));
  all[1].addEventListener("click", () => state.cards.forEach((card) => card.close()));
  looking.on(() => watcher.wake());
  running.on(rebuild);
  document.addEventListener("convlens:picture", ({ detail }) => {
    const card = detail.layer && state.cards.get(detail.layer);
    if (!card) return;
    card.open();
    card.element.scrollIntoView({ block: "start" });
    card.focus();
  });
  return make("section", { class: "layers", "aria-labelledby": "layers-title" },
    make("div", { class: "tools" }, make("h3", { id: "layers-title" }, "Layer by layer"), ...all),
    make("p", { class: "about" }, "Open a layer to see what it makes of the picture. Choose a cell of any map to see the arithmetic behind it, down to the pixels."),
    empty, list);
}

/** The input stands before the layers, like one of them. */
function withInput(described) {
  if (!described.length) return [];
  const input = { name: "input", kind: "input", text: "the picture", nesting: 0, parameters: 0 };
  return [{ ...input, input: described[0].input, output: described[0].input }, ...described];
}

/** What a channel is called: its colour, its class at the network's end, else its number. */
function called(told, layer, channel) {
  const [width, height, depth] = layer.output;
  if (layer.name === "input") return depth === 3 ? COLOURS[channel] : "grey";
  const classes = told?.data?.classes ?? [];
  const end = width * height === 1 && depth === classes.length && layer.nesting === 0;
  return end ? classes[channel] : String(channel);
}
