/** The map of the data: points coloured by class, the pictures on hover and by the arrow keys. */

import { facts } from "./volumes.js";
import { make } from "./words.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const EDGE = 18;

/** Draw the map, if the page has one. */
export function scatter() {
  const canvas = document.getElementById("scatter");
  if (!canvas) return;
  const points = facts.map.points.map(([x, y], i) => ({ x, y, i }));
  const state = { canvas, points, chosen: null, only: null };
  legend(state);
  const again = () => paint(state);
  new ResizeObserver(again).observe(canvas);
  document.addEventListener("themed", again);
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    choose(state, nearest(state, event.clientX - box.left, event.clientY - box.top));
  });
  canvas.addEventListener("keydown", (event) => {
    if (!ARROWS[event.key]) return;
    event.preventDefault();
    choose(state, next(state, ...ARROWS[event.key]));
  });
}

function place({ canvas }, point) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  return [EDGE + point.x * (width - 2 * EDGE), EDGE + point.y * (height - 2 * EDGE)];
}

function paint(state) {
  const { canvas, points, chosen, only } = state;
  const ratio = devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  for (const point of points) {
    const label = facts.map.labels[point.i];
    const [x, y] = place(state, point);
    context.globalAlpha = only === null || only === label ? 0.85 : 0.08;
    context.fillStyle = facts.map.colours[label];
    context.beginPath();
    context.arc(x, y, 3.4, 0, 2 * Math.PI);
    context.fill();
    if (facts.map.predicted[point.i] !== label) {
      context.strokeStyle = getComputedStyle(canvas).color;
      context.lineWidth = 1.2;
      context.stroke();
    }
  }
  context.globalAlpha = 1;
  if (chosen) picture(state, context, chosen);
}

function picture(state, context, point) {
  const sprites = document.getElementById("sprites");
  const { side, columns } = facts.map;
  const [x, y] = place(state, point);
  const size = 72;
  const left = Math.min(Math.max(x - size / 2, 2), state.canvas.clientWidth - size - 2);
  const top = y - size - 10 < 2 ? y + 10 : y - size - 10;
  context.imageSmoothingEnabled = false;
  context.fillStyle = facts.map.colours[facts.map.labels[point.i]];
  context.fillRect(left - 3, top - 3, size + 6, size + 6);
  const from = [(point.i % columns) * side, Math.floor(point.i / columns) * side];
  context.drawImage(sprites, ...from, side, side, left, top, size, size);
  context.beginPath();
  context.arc(x, y, 6, 0, 2 * Math.PI);
  context.strokeStyle = getComputedStyle(state.canvas).color;
  context.lineWidth = 2;
  context.stroke();
}

function nearest(state, x, y) {
  let best = null;
  let least = Infinity;
  for (const point of state.points) {
    if (state.only !== null && facts.map.labels[point.i] !== state.only) continue;
    const [px, py] = place(state, point);
    const distance = (px - x) ** 2 + (py - y) ** 2;
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}

/** The nearest point in the direction of an arrow key, sideways distance counting double. */
function next(state, dx, dy) {
  if (!state.chosen) return nearest(state, state.canvas.clientWidth / 2, state.canvas.clientHeight / 2);
  const [x, y] = place(state, state.chosen);
  let best = state.chosen;
  let least = Infinity;
  for (const point of state.points) {
    const [px, py] = place(state, point);
    const along = (px - x) * dx + (py - y) * dy;
    const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
    if (along > 0.01 && along + 2 * aside < least) [best, least] = [point, along + 2 * aside];
  }
  return best;
}

function choose(state, point) {
  if (!point || point === state.chosen) return;
  state.chosen = point;
  const { names, labels, predicted } = facts.map;
  const [label, said] = [facts.classes[labels[point.i]], facts.classes[predicted[point.i]]];
  const verdict = said === label ? "recognised" : `taken for ${said}`;
  document.getElementById("scatter-told").textContent = `${names[point.i]}: ${label}, ${verdict}`;
  paint(state);
}

function legend(state) {
  const list = document.getElementById("legend");
  for (const label of [...new Set(facts.map.labels)].sort((a, b) => a - b)) {
    const dot = make("span", { class: "dot", "aria-hidden": "true" });
    dot.style.backgroundColor = facts.map.colours[label];
    const button = make("button", { type: "button", class: "plain", "aria-pressed": "false" }, dot, facts.classes[label]);
    button.addEventListener("click", () => {
      state.only = state.only === label ? null : label;
      for (const other of list.querySelectorAll("button")) other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(state.only === label));
      paint(state);
    });
    list.append(make("li", {}, button));
  }
}
