/** The curves as a table, for whoever reads rather than looks. */

import { make } from "../report/words.js";
import { count, fixed, share } from "./say.js";

const ROWS = 60; // of a run at most: more looks are thinned out evenly, the last one stays
const HEAD = ["Run", "Step", "Epochs", "Training loss", "Validation loss", "Training accuracy", "Validation accuracy"];

/** A closed table; `update(runs)` fills it while it is open. */
export function table() {
  const body = make("tbody");
  const head = make(
    "thead",
    {},
    make("tr", {}, ...HEAD.map((name, i) => make("th", { class: i ? "number" : "", scope: "col" }, name))),
  );
  const changes = make("ul", { class: "small" });
  const holder = make(
    "div",
    { class: "scroll", tabIndex: 0, role: "group", "aria-label": "Table of the curves" },
    make("table", {}, head, body),
    changes,
  );
  const element = make("details", { class: "astable" }, make("summary", {}, "The curves as a table"), holder);
  let [last, drawn] = [[], ""];
  const fill = () => {
    if (!element.open) return;
    const now = JSON.stringify(last.map(({ id, looks, marks, begin }) => [id, looks.length, marks.length, begin]));
    if (now === drawn) return;
    drawn = now;
    body.replaceChildren(...last.flatMap(rows));
    changes.replaceChildren(
      ...last.flatMap(({ name, marks }) =>
        marks.map(({ step, text }) => make("li", {}, `${name}, from step ${count(step)}: ${text}`)),
      ),
    );
  };
  element.addEventListener("toggle", fill);
  return {
    element,
    update(runs) {
      last = runs;
      fill();
    },
  };
}

function rows({ name, looks }) {
  const every = Math.ceil(looks.length / ROWS);
  const chosen = looks.filter((_, i) => (looks.length - 1 - i) % every === 0);
  return chosen.map((look) => {
    const cells = [
      count(look.step),
      fixed(look.epochs, 1),
      fixed(look.loss),
      fixed(look.validation_loss),
      share(look.train_accuracy),
      share(look.validation_accuracy),
    ];
    return make("tr", {}, make("td", {}, name), ...cells.map((text) => make("td", { class: "number" }, text)));
  });
}
