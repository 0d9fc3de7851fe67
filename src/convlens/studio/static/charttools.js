/** The row of tools above the curves: zoom, scales, smoothing, saving. */

import { make } from "../report/words.js";

const SMOOTH = [
  ["0", "none"],
  ["0.6", "some"],
  ["0.9", "much"],
];

/**
 * The tools; `actions` has `zoom(factor)`, `pan(part)`, `whole()`, `set(name, value)`, `clear()`,
 * `png()`, `csv()`. `update({zoomed, cleared})` tells them how things stand.
 */
export function tools(actions, options, explain) {
  const button = (text, name, act) => {
    const made = make("button", { type: "button", class: "plain tight", title: name }, text);
    if (text !== name) made.setAttribute("aria-label", name);
    made.addEventListener("click", act);
    return made;
  };
  const toggle = (text, key, title) => {
    const made = button(text, text, () => {
      const on = made.getAttribute("aria-pressed") !== "true";
      made.setAttribute("aria-pressed", String(on));
      actions.set(key, on);
    });
    made.title = title;
    made.setAttribute("aria-pressed", String(options[key]));
    return made;
  };
  const left = button("←", "Earlier", () => actions.pan(-0.3));
  const right = button("→", "Later", () => actions.pan(0.3));
  const whole = button("Whole run", "Whole run", () => actions.whole());
  const clear = button("Clear", "Clear the curves", () => actions.clear());
  const zoom = [
    button("+", "Zoom in", () => actions.zoom(1.6)),
    button("−", "Zoom out", () => actions.zoom(1 / 1.6)),
    left,
    right,
    whole,
  ];
  const scales = [
    toggle("Log", "log", "Loss on a logarithmic scale"),
    toggle("Fit", "fit", "Let what is in view fill the height"),
    select(
      "Along",
      [
        ["steps", "steps"],
        ["epochs", "epochs"],
      ],
      options.axis,
      (value) => actions.set("axis", value),
    ),
    select("Smoothing", SMOOTH, String(options.smooth), (value) => actions.set("smooth", Number(value)), explain("smoothing")),
  ];
  const files = [
    clear,
    button("Save as PNG", "Save as PNG", () => actions.png()),
    button("Save as CSV", "Save as CSV", () => actions.csv()),
  ];
  const head = make("div", { class: "row head" }, make("h3", {}, "Curves"), make("div", { class: "row" }, ...files));
  return {
    element: make(
      "div",
      { role: "group", "aria-label": "Curves" },
      head,
      make("div", { class: "tools row" }, ...zoom, ...scales),
    ),
    update({ zoomed, cleared }) {
      for (const one of [left, right, whole]) {
        if (zoomed === one.disabled) one.disabled = !zoomed;
      }
      const text = cleared ? "Bring back" : "Clear";
      if (clear.textContent === text) return;
      clear.textContent = text;
      clear.setAttribute("aria-label", cleared ? text : "Clear the curves");
      clear.title = cleared ? "Show the curves from their beginning" : "Begin the curves anew at the present step";
    },
  };
}

function select(name, choices, chosen, act, more = null) {
  const made = make(
    "select",
    { class: "tight", "aria-label": name },
    ...choices.map(([value, text]) => make("option", { value, selected: value === chosen }, text)),
  );
  made.addEventListener("change", () => act(made.value));
  return make("span", { class: "choice" }, make("label", { class: "choice small" }, name, made), more);
}
