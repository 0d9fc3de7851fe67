/** Units as bars: the values of layers with one cell for each channel. */

import { make, number } from "../report/words.js";
import { mark } from "./tiles.js";

/** A list of bars; `chosen(unit)` is called for a click. */
export function units({ label, chosen }) {
  const room = make("div", { class: "unitlist", role: "group", "aria-label": label });
  const rows = [];
  room.addEventListener("click", (event) => {
    const unit = rows.indexOf(event.target.closest("button"));
    if (unit >= 0) chosen(unit);
  });
  return {
    element: room,
    mark: (unit) => mark(rows, unit),

    /** Draw `values`, one for each name, on a scale that is signed, or rises from zero. */
    draw({ values, names, scale, signed }) {
      if (rows.length !== names.length) {
        rows.length = 0;
        rows.push(...names.map(() => row()));
        room.replaceChildren(...rows);
        const longest = Math.max(...names.map((name) => name.length));
        room.style.setProperty("--names", `${Math.min(20, Math.max(3, longest + 1))}ch`);
      }
      rows.forEach((button, unit) => update(button, names[unit], values[unit], scale, signed));
    },
  };
}

function row() {
  const bar = make("span", { class: "length" });
  const [name, value] = [make("span", { class: "name" }), make("span", { class: "value" })];
  return make("button", { type: "button", class: "unit" }, name, make("span", { class: "room" }, bar), value);
}

function update(button, name, value, scale, signed) {
  const [called, room, said] = button.children;
  if (called.textContent !== name) {
    called.textContent = name;
    called.title = name;
  }
  said.textContent = number(value);
  const bar = room.firstChild;
  const share = Math.min(1, Math.abs(value) / scale) || 0;
  room.classList.toggle("signed", signed);
  bar.classList.toggle("below", value < 0);
  bar.style.setProperty("--share", share.toFixed(4));
}
