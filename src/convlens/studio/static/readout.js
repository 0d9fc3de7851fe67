/** What a network's text comes to: the row of volumes drawn, totals, layer after layer. */

import { make } from "../report/words.js";
import { shortText, volume } from "./layercard.js";
import { bytes, count } from "./say.js";

/** The place for it: `show(reading)`, `fade(old)` while what is shown is not of the text any more. */
export function readout(explain) {
  const drawing = make("div", {
    class: "drawing", tabIndex: 0, role: "group", "aria-label": "The row of volumes, which may be scrolled",
  });
  const stale = make("p", { class: "stale" }, "This is the last text that could be read.");
  const totals = make("dl", { class: "totals" });
  const warning = make("p", { class: "warning", hidden: true });
  const rows = make("tbody");
  const heads = ["layer", "what it is", "volume", "parameters", "multiply-adds", "sees"];
  const table = make("table", {},
    make("caption", { class: "hidden" }, "The layers of the network in the editor"),
    make("thead", {}, make("tr", {}, ...heads.map((name, i) => make("th", { scope: "col", class: i > 2 ? "number" : "" }, name)))),
    rows);
  const every = make("details", { class: "everylayer" },
    make("summary", {}, "The same as a table"),
    make("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": "Table of layers" }, table));
  const element = make("div", { class: "readout-of-net", hidden: true }, stale, drawing, totals, warning, every);
  return {
    element,
    fade: (old) => element.classList.toggle("old", old),
    show(reading) {
      element.hidden = false;
      const image = drawn(reading.svg);
      drawing.hidden = !image;
      drawing.replaceChildren(...(image ? [image] : []));
      totals.replaceChildren(
        total("Parameters", count(reading.parameters), explain("parameter")),
        total("Multiply-adds", count(reading.multiply_adds), explain("multiply-adds"), "for each picture"),
        total("Memory", bytes(reading.memory), explain("memory"), reading.batch ? `to train ${count(reading.batch)} pictures at once` : "to train"),
        total("Layers", count(reading.layers.length), null),
      );
      warning.hidden = !reading.warning;
      warning.textContent = reading.warning ?? "";
      rows.replaceChildren(...reading.layers.map(row));
    },
  };
}

/** The server's drawing as an element: parsed as XML, and its style sheet, which the page has, left out. */
function drawn(svg) {
  if (!svg) return null;
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  if (parsed.localName !== "svg") return null;
  for (const foreign of parsed.querySelectorAll("style, script")) foreign.remove();
  return document.importNode(parsed, true);
}

function total(name, value, meaning, more = "") {
  return make("div", {}, make("dt", {}, name, meaning ?? ""), make("dd", {}, make("b", {}, value), " ", make("span", {}, more)));
}

function row(layer) {
  const [width, height] = layer.receptive_field;
  const name = make("th", { scope: "row" }, layer.name);
  name.style.setProperty("--nesting", layer.nesting);
  return make("tr", {},
    name,
    make("td", {}, make("code", {}, shortText(layer))),
    make("td", {}, volume(layer.output)),
    make("td", { class: "number", title: layer.count || "" }, layer.parameters ? count(layer.parameters) : "–"),
    make("td", { class: "number" }, layer.multiply_adds ? count(layer.multiply_adds) : "–"),
    make("td", { class: "number" }, `${width} × ${height}`));
}
