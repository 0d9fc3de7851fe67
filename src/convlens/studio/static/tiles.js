/** Tiles: a layer's maps or filters on canvases, one button each, the cell under the pointer told. */

import { make } from "../report/words.js";

const [SMALLEST, LARGEST, ZOOM] = [64, 160, 3];
const ARROWS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/**
 * A grid of tiles. `told(tile, x, y)` says in words what lies at a pixel of a tile; `chosen(tile, x,
 * y)` is called for a click, without x and y where it came from the keyboard.
 */
export function tiles({ label, told, chosen }) {
  const room = make("div", { class: "tilegrid", role: "group", "aria-label": label });
  const readout = make("p", { class: "readout" });
  const state = { room, readout, buttons: [], width: 0, height: 0, told };
  const under = (event) => {
    const button = event.target.closest("button");
    if (!button || !room.contains(button)) return null;
    const canvas = button.firstChild;
    const box = canvas.getBoundingClientRect();
    const at = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return {
      tile: state.buttons.indexOf(button),
      x: at((event.clientX - box.left) / box.width, canvas.width),
      y: at((event.clientY - box.top) / box.height, canvas.height),
    };
  };
  room.addEventListener("pointermove", (event) => point(state, under(event)));
  room.addEventListener("pointerleave", () => point(state, null));
  room.addEventListener("focusin", (event) => {
    roam(state, event.target);
    if (event.target.matches(":focus-visible")) point(state, { tile: state.buttons.indexOf(event.target) });
  });
  room.addEventListener("keydown", (event) => step(state, event));
  room.addEventListener("click", (event) => {
    const place = under(event);
    if (!place || place.tile < 0) return;
    if (event.detail === 0) chosen(place.tile);
    else chosen(place.tile, place.x, place.y);
  });
  return {
    element: make("div", { class: "tilesheet" }, room, readout),
    draw: (sheet) => draw(state, sheet),
    mark: (tile) => mark(state.buttons, tile),
  };
}

/** Draw `sheet`: {width, height, names, paint(tile, pixels)} where pixels are one tile's 32-bit colours. */
function draw(state, { width, height, names, paint }) {
  const { room, buttons } = state;
  if (buttons.length !== names.length || state.width !== width || state.height !== height) {
    rebuild(state, width, height, names.length);
  }
  buttons.forEach((button, tile) => {
    const { image, context } = button;
    paint(tile, button.pixels);
    context.putImageData(image, 0, 0);
    if (button.lastChild.textContent === names[tile].caption) return;
    button.lastChild.textContent = names[tile].caption;
    button.setAttribute("aria-label", names[tile].label);
  });
  room.hidden = !names.length;
  if (state.pointed) point(state, state.pointed);
}

/** Mark one button of many as the current one; none for -1. */
export function mark(buttons, at) {
  buttons.forEach((button, i) => {
    if (i === at) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}

function rebuild(state, width, height, count) {
  const focused = state.buttons.indexOf(document.activeElement);
  state.width = width;
  state.height = height;
  state.buttons.length = 0;
  for (let tile = 0; tile < count; tile++) state.buttons.push(built(width, height));
  state.room.replaceChildren(...state.buttons);
  state.room.style.setProperty("--tile", `${Math.min(LARGEST, Math.max(SMALLEST, ZOOM * width))}px`);
  state.room.classList.toggle("fine", width > LARGEST);
  const current = state.buttons[Math.max(0, focused)];
  if (current) current.tabIndex = 0;
  if (focused >= 0) current?.focus({ preventScroll: true });
}

function built(width, height) {
  const canvas = make("canvas", { width, height });
  const button = make("button", { type: "button", class: "tile", tabIndex: -1 }, canvas, make("span"));
  button.context = canvas.getContext("2d");
  button.image = button.context.createImageData(width, height);
  button.pixels = new Int32Array(button.image.data.buffer);
  return button;
}

function point(state, place) {
  if (place && place.tile < 0) return;
  state.pointed = place;
  state.readout.textContent = place ? state.told(place.tile, place.x, place.y) : "";
}

/** Only one tile of the grid is a stop of the Tab key. */
function roam(state, button) {
  for (const other of state.buttons) other.tabIndex = other === button ? 0 : -1;
}

function step(state, event) {
  const { buttons } = state;
  const from = buttons.indexOf(event.target);
  if (from < 0) return;
  let to = from;
  if (event.key in ARROWS) to += ARROWS[event.key];
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    to += columns(buttons) * (event.key === "ArrowDown" ? 1 : -1);
    if (to < 0 || to >= buttons.length) to = from;
  } else return;
  event.preventDefault();
  buttons[Math.min(buttons.length - 1, Math.max(0, to))].focus();
}

function columns(buttons) {
  const top = buttons[0].offsetTop;
  const next = buttons.findIndex((button) => button.offsetTop !== top);
  return next < 0 ? buttons.length : next;
}
