/** The values under the pointer or the cursor keys: a small table, and in words for who listens. */

import { make } from "../report/words.js";
import { DASHES } from "./chartdata.js";
import { swatch } from "./chartlegend.js";
import { count, fixed, share } from "./say.js";

const HEAD = ["Run", "Step", "Loss", "Size of the weights", "Training", "Looked at step", "Validation loss", "Validation"];

/** `{element, aloud, show(readings), clear()}`; what is shown while `aloud` is also read out. */
export function reading() {
  const body = make("tbody");
  const head = make("tr", {}, ...HEAD.map((name, i) => make("th", { scope: "col", class: i ? "number" : "" }, name)));
  const shown = make("div", { class: "scroll", hidden: true }, make("table", {}, make("thead", {}, head), body));
  const changes = make("p", { class: "small" });
  const hint = make("p", { class: "small" }, "Point at the curves or use the arrow keys to read values; drag to zoom.");
  const words = make("p", { class: "hidden", role: "status" });
  let drawn = "";
  const place = {
    element: make("div", { class: "reading figure" }, hint, shown, changes, words),
    aloud: false,
    show(readings) {
      const now = JSON.stringify(readings);
      if (now === drawn) return;
      drawn = now;
      shown.hidden = !readings.length;
      hint.hidden = !shown.hidden;
      body.replaceChildren(...readings.map(row));
      changes.textContent = readings
        .flatMap((one) => one.changes.map(({ step, text }) => `${one.name}, from step ${count(step)}: ${text}`))
        .join(" · ");
      words.textContent = place.aloud ? readings.map(sentence).join(". ") : "";
    },
    clear() {
      drawn = "";
      shown.hidden = true;
      hint.hidden = false;
      body.replaceChildren();
      changes.textContent = words.textContent = "";
    },
  };
  return place;
}

function row({ name, slot, step, loss, decay, accuracy, look }) {
  const cells = [
    count(step),
    fixed(loss),
    fixed(decay),
    share(accuracy),
    count(look?.step),
    fixed(look?.validation_loss),
    share(look?.validation_accuracy),
  ];
  const line = make("span", { class: "choice" }, swatch("training", slot, DASHES[slot]), name);
  return make("tr", {}, make("td", {}, line), ...cells.map((text) => make("td", { class: "number" }, text)));
}

function sentence({ name, step, loss, accuracy, look, changes }) {
  const seen = look ? `, validation ${share(look.validation_accuracy)}` : "";
  const turned = changes.map(({ text }) => `, ${text}`).join("");
  return `${name}, step ${count(step)}: loss ${fixed(loss)}, training ${share(accuracy)}${seen}${turned}`;
}
