/** The arithmetic behind one cell: the map to move in, the pixels it sees, the sum, the steps. */

import { field } from "./fields.js";
import { channelName, statistics } from "./maps.js";
import { cellUnder, draw, drawPicture, frame } from "./paint.js";
import { steps } from "./steps.js";
import { known, terms } from "./terms.js";
import { sentence, shown } from "./showing.js";
import { facts, map, shape, value } from "./volumes.js";
import { bring, make, number } from "./words.js";

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

let open = null;
const past = [];

/** Everything about one value, as it is shown. */
export function explained(name, channel, x, y) {
  return {
    name,
    channel,
    x,
    y,
    value: value(name, channel, x, y),
    terms: known(name, channel) ? terms(name, channel, x, y) : null,
    field: field(name, channel, x, y),
    ...steps(name, channel, x, y),
  };
}

/** Close the scope, if one is open. */
export function close() {
  if (!open) return;
  open.room.hidden = true;
  open.room.replaceChildren();
  open = null;
  past.length = 0;
}

/** Open the scope in a room at a cell; `go(place)` leads to another layer's cell, `shut()` ends it. */
export function look(room, place, { go, shut }) {
  if (open && open.room !== room) open.room.hidden = true;
  open = { room, place, go, shut };
  room.hidden = false;
  again();
  bring(room);
}

/** Show the cell anew, from the numbers that are at hand now. */
export function again() {
  open.room.replaceChildren(...built());
  update();
}

/** The cell that is looked at, or null. */
export const looked = () => open && open.place;

/** Where the scope stood before, the last of which `Back` returns to. */
export function remember() {
  if (open) past.push(open.place);
}

function built() {
  const { place, go, shut } = open;
  const { width, height } = shape(place.name);
  const back = make("button", { type: "button", class: "plain" }, "← back");
  back.disabled = !past.length;
  back.addEventListener("click", () => go(past.pop(), false));
  const end = make("button", { type: "button", class: "plain", "aria-label": "Close the arithmetic" }, "✕");
  end.addEventListener("click", () => shut());
  const eyes = make("div", { class: "eyes" }, pictureSeen());
  if (width * height > 1) eyes.append(mapSeen(place));
  return [
    make("div", { class: "head" }, make("h4", { tabIndex: -1 }), back, end),
    make("p", { class: "hidden", "aria-live": "polite", role: "status" }),
    make("div", { class: "bench" }, eyes, make("div", { class: "how" })),
  ];
}

function pictureSeen() {
  const canvas = make("canvas", { "aria-hidden": "true" });
  drawPicture(canvas);
  const over = make("canvas", { class: "over seen", "aria-hidden": "true" });
  const caption = make("figcaption", { class: "small sees" });
  return make("figure", {}, make("div", { class: "stack" }, canvas, over), caption);
}

function mapSeen({ name, channel }) {
  const { width, height } = shape(name);
  const canvas = make("canvas", { "aria-hidden": "true" });
  const values = map(name, channel);
  const found = name === "input" ? range(values) : statistics(name, facts.shown);
  const scale = Math.max(Math.abs(found.low), Math.abs(found.high)) || 1;
  draw(canvas, values, width, height, scale, found.low < 0);
  const over = make("canvas", {
    class: "over cell",
    tabIndex: 0,
    role: "application",
    "aria-roledescription": "map",
    "aria-label": `Map of ${name}, channel ${channel}: ${width} by ${height} cells. The arrow keys move from cell to cell.`,
  });
  over.addEventListener("keydown", move);
  over.addEventListener("click", (event) => put(cellUnder(event, over, name)));
  const caption = make("figcaption", { class: "small" }, `${name}, channel ${channel}: click, or move with the arrow keys`);
  return make("figure", {}, make("div", { class: "stack" }, canvas, over), caption);
}

const range = (values) => ({ low: Math.min(...values), high: Math.max(...values) });

function move(event) {
  const { x, y, name } = open.place;
  const { width, height } = shape(name);
  let to = null;
  if (MOVES[event.key]) to = { x: x + MOVES[event.key][0], y: y + MOVES[event.key][1] };
  if (event.key === "Home") to = { x: 0, y };
  if (event.key === "End") to = { x: width - 1, y };
  if (!to) return;
  event.preventDefault();
  put({ x: Math.min(width - 1, Math.max(0, to.x)), y: Math.min(height - 1, Math.max(0, to.y)) });
}

function put(cell) {
  open.place = { ...open.place, ...cell };
  update();
}

function update() {
  const { room, place, go } = open;
  const { name, channel, x, y } = place;
  const { width, height } = shape(name);
  const found = explained(name, channel, x, y);
  const flat = width * height === 1;
  const called = flat ? channelName(name, channel) : `channel ${channel}`;
  const where = flat ? `${name}, ${called}` : `${name}, ${called}, x ${x}, y ${y}`;
  room.querySelector("h4").replaceChildren(`${where} = `, make("b", {}, number(found.value)));
  room.querySelector("[role=status]").textContent = `${where} is ${number(found.value)}. ${sentence(found)}`;
  frame(room.querySelector(".seen"), facts.input.width, facts.input.height, found.field);
  const cell = room.querySelector(".cell");
  if (cell) frame(cell, width, height, [x, y, x + 1, y + 1]);
  const [left, top, right, bottom] = found.field;
  room.querySelector(".sees").textContent =
    `sees ${right - left} × ${bottom - top} pixels of the picture, from x ${left}, y ${top}`;
  const lead = (to) => {
    past.push(place);
    go(to, false);
  };
  room.querySelector(".how").replaceChildren(...shown(found, lead));
}
