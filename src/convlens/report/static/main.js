/** The page begins here: pictures to choose from, stages with their maps, the scope. */

import { showMaps } from "./maps.js";
import { scatter } from "./scatter.js";
import { close, explained, look, remember } from "./scope.js";
import { theme } from "./theme.js";
import { turnTo } from "./packed.js";
import { facts } from "./volumes.js";

const stages = [...document.querySelectorAll(".stage")];
const tabOf = (name) => document.querySelector(`.tab[data-layer="${CSS.escape(name)}"]`);

/** Show a picture everywhere on the page. */
async function show(number) {
  await turnTo(number);
  close();
  for (const part of document.querySelectorAll("[data-of]")) part.hidden = Number(part.dataset.of) !== number;
  for (const button of document.querySelectorAll("[data-picture]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.picture) === number));
  }
  for (const stage of stages) delete stage.dataset.drawn;
  for (const stage of stages) {
    if (facts.shown !== number) return;
    fill(stage);
    await new Promise((ready) => setTimeout(ready)); // the page answers in between
  }
}

function fill(stage, name = null) {
  const pressed = stage.querySelector('.tab[aria-pressed="true"]')?.dataset.layer;
  const wanted = name ?? pressed;
  if (!wanted || stage.dataset.drawn === wanted) return;
  stage.dataset.drawn = wanted;
  showMaps(stage, wanted, facts.shown, (layer, channel, x, y) => {
    remember();
    go({ name: layer, channel, x, y }, true);
  });
}

/** Open the scope at a cell, in the stage of its layer; `near` puts the focus on the map. */
function go(place, near) {
  const tab = tabOf(place.name);
  const stage = tab ? tab.closest(".stage") : (document.querySelector(".scope:not([hidden])") ?? stages[0]).closest(".stage");
  if (tab) fill(stage, place.name);
  for (const chosen of stage.querySelectorAll(".maps [aria-current]")) chosen.removeAttribute("aria-current");
  if (tab) stage.querySelector(`.maps [data-channel="${place.channel}"]`)?.setAttribute("aria-current", "true");
  const scope = stage.querySelector(".scope");
  look(scope, place, { go, shut: () => shut(stage) });
  const focused = near ? (scope.querySelector(".cell") ?? scope.querySelector("h4")) : scope.querySelector("h4");
  focused.focus({ preventScroll: true });
}

/** Close the scope; the focus goes back to the map that it was opened from. */
function shut(stage) {
  close();
  stage.querySelector(".maps [aria-current]")?.focus();
}

theme();
scatter();
for (const button of document.querySelectorAll("[data-picture]")) {
  button.addEventListener("click", () => show(Number(button.dataset.picture)));
}
for (const tab of document.querySelectorAll(".tab")) {
  tab.addEventListener("click", () => {
    close();
    fill(tab.closest(".stage"), tab.dataset.layer);
  });
}

/** For the console: lens.explain("conv1", 3, 5, 7) is all that the page says of a value. */
globalThis.lens = { explain: explained, go: (name, channel, x, y) => go({ name, channel, x, y }, false) };

if (facts.pictures.length) {
  show(0).then(
    () => document.documentElement.setAttribute("data-ready", ""),
    (error) => {
      const failed = document.getElementById("failed");
      failed.textContent = `This browser cannot unpack the page’s numbers (${error.message}): a newer one can.`;
      failed.hidden = false;
    },
  );
} else {
  document.documentElement.setAttribute("data-ready", "");
}
