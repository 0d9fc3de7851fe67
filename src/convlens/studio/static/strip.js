/** Every layer's answer to a picture: its strongest maps, in a row to be scrolled. */

import { make } from "../report/words.js";
import { asking, weightsOf } from "./asking.js";
import { faultLine } from "./fault.js";
import { coloured, isSigned, largest } from "./shades.js";
import { addressOf } from "./thumbs.js";

const CHANNELS = 64;
const MAPS = 4;
const MAP_SIDE = 64;
const UNIT_SIDE = 14;
const BETWEEN = "rgb(128 128 128)"; // maps, on light and dark pages alike

/**
 * `{element, look(picture)}`: a strip that follows the network as it learns.
 *
 * Only layers that are scrolled into sight are asked for, one at a time. A click on a layer calls
 * `open(name)`.
 */
export function strip({ api, store }, open) {
  const list = make("ol", { class: "layer-strip", tabIndex: 0, "aria-label": "Every layer’s answer to it" });
  const trouble = faultLine();
  const element = make("div", { class: "strip-room" }, list, trouble.element);
  const inSight = new Set();
  const watched = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) inSight.add(target);
        else inSight.delete(target);
      }
      questions.nudge();
    },
    { root: list, rootMargin: "0px 80px" },
  );
  let picture = null;
  let blocks = [];
  let net = null;
  let turn = 0;

  const wanted = () => `${weightsOf(store.state)}/${picture}`;
  const stale = (block) => inSight.has(block.element) && block.shows !== wanted();

  /** The next layer in sight that shows an older answer, each in its turn. */
  function next() {
    const after = [...blocks.slice(turn), ...blocks.slice(0, turn)].find(stale);
    if (after) turn = (blocks.indexOf(after) + 1) % blocks.length;
    return after;
  }

  async function ask(signal) {
    if (store.state.run.net !== net) return lay(signal);
    const block = next();
    const asked = wanted();
    const seen = block.step !== null && block.picture === picture ? `&seen=${block.step}` : "";
    if (block.name === "input") {
      block.showPicture(addressOf(picture));
      return Object.assign(block, { shows: asked, picture });
    }
    const path = `view?picture=${encodeURIComponent(picture)}&layer=${encodeURIComponent(block.name)}`;
    const answer = await api.binary(`${path}&first=0&count=${CHANNELS}&only=activations${seen}`, { signal });
    if (answer.json.unchanged && block.step === null) return; // there is no network just now
    const values = answer.block("activations");
    if (values) block.show(values, answer.json);
    Object.assign(block, { shows: asked, picture, step: answer.json.step });
    trouble.clear();
  }

  async function lay(signal) {
    const wantedNet = store.state.run.net;
    const read = await api.post("read", { net: wantedNet });
    if (signal.aborted) return;
    watched.disconnect();
    inSight.clear();
    blocks = [{ name: "input", kind: "INPUT" }, ...read.layers.filter((row) => row.kind !== "INPUT")].map(
      (row) => layerBlock(row, open),
    );
    list.replaceChildren(...blocks.map((block) => block.element));
    for (const block of blocks) watched.observe(block.element);
    net = wantedNet;
    turn = 0;
  }

  const questions = asking(element, store, {
    due: () => Boolean(picture && store.state?.run?.net && (store.state.run.net !== net || blocks.some(stale))),
    ask,
    failed: (fault) => trouble.show(fault),
  });

  return {
    element,
    look(newer) {
      if (newer === picture) return;
      picture = newer;
      questions.again();
    },
  };
}

/** One layer of the strip. */
function layerBlock({ name, kind }, open) {
  const canvas = name === "input" ? make("img", { class: "pixels", alt: "" }) : make("canvas", { "aria-hidden": "true" });
  const said = make("span", { class: "strip-said" });
  const button = make("button", { type: "button", title: "Open it in Network" }, canvas, make("b", {}, name), " ", said);
  button.addEventListener("click", () => open(name));
  return {
    element: make("li", {}, button),
    name,
    kind,
    shows: "",
    picture: null,
    step: null,
    showPicture(address) {
      if (canvas.src.endsWith(address)) return;
      canvas.src = address;
      said.textContent = "the picture itself";
    },
    show(values, told) {
      const { shape } = told.blocks.activations;
      const [count, height, width] = shape.length === 3 ? shape : [shape[0], 1, 1];
      const channels = told.channels ?? told.output?.[2] ?? count;
      const units = width * height === 1;
      if (units) drawUnits(canvas, values, count);
      else drawMaps(canvas, values, count, width, height);
      const of = count < channels ? `${units ? "the" : "the strongest of the"} first ${count} of ${channels}` : `${channels}`;
      said.textContent = units ? `${of} units` : `${width}×${height}, ${of} maps`;
    },
  };
}

/** The maps of a layer that answer most strongly, two beside two, on one scale. */
function drawMaps(canvas, values, count, width, height) {
  const size = width * height;
  const maps = Array.from({ length: count }, (_, c) => values.subarray(c * size, (c + 1) * size));
  const strength = maps.map(largest);
  const most = maps.map((_, c) => c).sort((a, b) => strength[b] - strength[a]).slice(0, MAPS);
  const columns = most.length > 1 ? 2 : 1;
  const rows = Math.ceil(most.length / columns);
  const scale = Math.max(...most.map((c) => strength[c]));
  const signed = isSigned(values);
  const zoom = Math.max(1, Math.ceil(MAP_SIDE / Math.max(width, height)));
  const [wide, high] = [width * zoom, height * zoom];
  canvas.width = columns * (wide + 2) - 2;
  canvas.height = rows * (high + 2) - 2;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.fillStyle = BETWEEN;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const one = make("canvas", { width, height });
  most.forEach((c, place) => {
    one.getContext("2d").putImageData(coloured(maps[c], width, height, scale, signed), 0, 0);
    context.drawImage(one, (place % columns) * (wide + 2), Math.floor(place / columns) * (high + 2), wide, high);
  });
}

/** Units as cells, in reading order, about as many in a row as there are rows. */
function drawUnits(canvas, values, count) {
  const columns = Math.ceil(Math.sqrt(count));
  canvas.width = columns * UNIT_SIDE;
  canvas.height = Math.ceil(count / columns) * UNIT_SIDE;
  const context = canvas.getContext("2d");
  const colours = coloured(values, count, 1, largest(values), isSigned(values)).data;
  values.forEach((_, i) => {
    context.fillStyle = `rgb(${colours[4 * i]} ${colours[4 * i + 1]} ${colours[4 * i + 2]})`;
    const [x, y] = [i % columns, Math.floor(i / columns)];
    context.fillRect(x * UNIT_SIDE, y * UNIT_SIDE, UNIT_SIDE - 1, UNIT_SIDE - 1);
  });
}
