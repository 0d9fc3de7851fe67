/** Probabilities as bars, likeliest first. */

import { make } from "../report/words.js";
import { named } from "./named.js";

const FIRST = 10;
const ALL_UP_TO = 20;

/** The classes' indices, likeliest first; classes equally likely in their own order. */
export function ordered(probabilities) {
  return probabilities.map((_, i) => i).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
}

/** A probability in words: as many digits as are needed to see that it is not 0 or 1. */
export function chance(p) {
  const shown = (100 * p).toFixed(1);
  if (p > 0 && shown === "0.0") return "< 0.1 %";
  if (p < 1 && shown === "100.0") return "> 99.9 %";
  return `${shown} %`;
}

/** A bar with its class' name and its probability: `{element, show(name, p, options)}`. */
export function bar() {
  const name = make("span", { class: "bar-name" });
  const length = make("span", { class: "bar-length" });
  const room = make("span", { class: "bar-room", role: "meter", "aria-valuemin": "0", "aria-valuemax": "1" }, length);
  const value = make("span", { class: "bar-value", "aria-hidden": "true" });
  const element = make("li", { class: "probability" }, name, room, value);
  return {
    element,
    show(text, p, { first = false, right = false } = {}) {
      if (name.textContent !== text) name.replaceChildren(named(text));
      room.setAttribute("aria-label", right ? `${text}, the true class` : text);
      room.setAttribute("aria-valuenow", String(p));
      room.setAttribute("aria-valuetext", chance(p));
      length.style.setProperty("--share", String(p));
      value.textContent = chance(p);
      element.classList.toggle("first", first);
      element.classList.toggle("true", right);
    },
  };
}

/**
 * A list of bars for all classes: `{element, show(classes, probabilities, label), clear()}`.
 *
 * Of more than twenty classes the likeliest ten are shown until all are asked for. The element's
 * `data-probabilities` holds all of them as JSON, in the order of the classes.
 */
export function bars() {
  const list = make("ol", { class: "bars" });
  const more = make("button", { type: "button", class: "link", hidden: true, "aria-expanded": "false" });
  const element = make("div", { class: "bars-all" }, list, more);
  const rows = [];
  let all = false;
  let last = null;

  more.addEventListener("click", () => {
    all = !all;
    more.setAttribute("aria-expanded", String(all));
    show(...last);
  });

  function show(classes, probabilities, label = null) {
    last = [classes, probabilities, label];
    const many = classes.length > ALL_UP_TO;
    const order = ordered(probabilities).slice(0, many && !all ? FIRST : undefined);
    while (rows.length < order.length) rows.push(bar());
    order.forEach((index, place) => {
      rows[place].show(classes[index], probabilities[index], { first: place === 0, right: index === label });
    });
    if (list.children.length !== order.length) {
      list.replaceChildren(...rows.slice(0, order.length).map((row) => row.element));
    }
    list.dataset.probabilities = JSON.stringify(probabilities);
    more.hidden = !many;
    more.textContent = all ? "Show the likeliest ten" : `Show all ${classes.length}`;
    list.classList.toggle("scrolled", many && all);
    if (list.classList.contains("scrolled")) list.tabIndex = 0;
    else list.removeAttribute("tabindex");
  }

  function clear() {
    last = null;
    rows.length = 0;
    list.replaceChildren();
    delete list.dataset.probabilities;
    more.hidden = true;
  }

  return { element, show, clear };
}
