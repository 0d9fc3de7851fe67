/** The legend: which kinds of curves and which runs are drawn, each with its line. */

import { make } from "../report/words.js";
import { DASHES } from "./chartdata.js";

const KINDS = [
  { key: "training", label: "Training", title: "What the network learns from" },
  { key: "validation", label: "Validation", title: "Pictures held back from learning" },
  { key: "decay", label: "Size of the weights", title: "The part of the loss that weight decay adds" },
];
const SPACE = "http://www.w3.org/2000/svg";

/** A short piece of line as it is drawn in the chart. */
export function swatch(kind, slot, dash) {
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("class", `swatch ${slot ? `run-${slot}` : kind}`);
  svg.setAttribute("viewBox", "0 0 28 10");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SPACE, "line");
  for (const [name, value] of Object.entries({ x1: 1, x2: 27, y1: 5, y2: 5, "stroke-dasharray": dash.join(" ") || "none" }))
    line.setAttribute(name, value);
  svg.append(line);
  if (kind === "validation") {
    const dot = document.createElementNS(SPACE, "circle");
    for (const [name, value] of Object.entries({ cx: 14, cy: 5, r: 3.2 })) dot.setAttribute(name, value);
    svg.append(dot);
  }
  return svg;
}

function tick(label, checked, change, ...more) {
  const input = make("input", { type: "checkbox", checked });
  input.addEventListener("change", () => change(input.checked));
  return { input, element: make("label", { class: "choice" }, input, ...more, label) };
}

/** The legend; `update(runs)` with the runs there are to draw: `[{id, name, slot, off}]`. */
export function legend(model, options, changed, explain) {
  const kinds = KINDS.map(({ key, label, title }) => {
    const { element } = tick(
      label,
      options.kinds[key],
      (on) => {
        options.kinds[key] = on;
        changed();
      },
      swatch(key, 0, key === "decay" ? [3, 3] : []),
    );
    element.title = title;
    return element;
  });
  const runs = make("div", { class: "row others", hidden: true });
  let drawn = "";
  return {
    element: make(
      "div",
      { class: "legend" },
      make("div", { class: "row", role: "group", "aria-label": "Curves drawn" }, ...kinds, explain("validation loss")),
      runs,
    ),
    update(shown) {
      const now = JSON.stringify(shown.map(({ id, name, slot }) => [id, name, slot]));
      if (now === drawn) return;
      drawn = now;
      runs.hidden = shown.length < 2;
      runs.replaceChildren(
        make("span", { class: "small" }, "Runs"),
        ...shown.map(
          ({ id, name, slot, off }) =>
            tick(name, !off, (on) => model.hide(id, !on), swatch("training", slot, DASHES[slot])).element,
        ),
      );
    },
  };
}
