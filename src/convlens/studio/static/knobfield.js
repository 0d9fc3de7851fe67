/** Fields of knobs: numbers with a slider, choices, boxes to tick; each says when it takes effect. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { next, positionOf, valueAt, WAY } from "./knobscale.js";
import { small } from "./say.js";
import { say } from "./shell.js";

const NONE = "this method has none";
const CALM = 350; // ms without another key before a value is sent
let made = 0;

/** What all fields share: the line that says when a value counts, the fault under the field. */
function base(spec, input, explained, turn) {
  const told = make("span", { class: "told", id: `knob-told-${++made}` });
  const fault = faultLine({ id: `knob-fault-${made}` });
  input.id = `knob-${spec.key}`;
  input.disabled = true;
  input.setAttribute("aria-describedby", `${told.id} ${fault.element.id}`);
  const label = make("label", { for: input.id }, spec.label);
  const name = make("span", { class: "name" }, label, explained);
  let round = 0;
  const send = async (value) => {
    const mine = ++round;
    fault.clear();
    input.removeAttribute("aria-invalid");
    say(told, "…");
    try {
      const answer = await turn(value);
      if (mine === round) say(told, answer);
    } catch (error) {
      if (mine !== round) return;
      say(told, "");
      fault.show(error);
      input.setAttribute("aria-invalid", "true");
      throw error;
    }
  };
  return { told, fault, name, send };
}

const live = (said) => said.live !== false;

/** A number, typed, stepped by the arrow keys, or drawn along a slider. */
export function numberField(spec, explained, turn) {
  const input = make("input", { type: "number", step: "any", class: "field", inputMode: "decimal", autocomplete: "off" });
  const { told, fault, name, send } = base(spec, input, explained, turn);
  const slider =
    spec.to === undefined ? null : make("input", { type: "range", min: 0, max: WAY, tabIndex: -1, "aria-hidden": "true" });
  const state = { value: null, dirty: false, timer: 0, spec: { ...spec }, live: true };
  const show = (value) => {
    input.value = value === null ? "" : String(Number(value.toPrecision(6)));
    if (slider && value !== null) slider.value = positionOf(state.spec, value);
  };
  const commit = async () => {
    clearTimeout(state.timer);
    const value = input.valueAsNumber;
    if (Number.isNaN(value)) {
      fault.show({ message: "This needs a number", hint: `it is ${small(state.value)} at present` });
      input.setAttribute("aria-invalid", "true");
      return;
    }
    if (value === state.value) return settle();
    try {
      await send(value);
      if (input.valueAsNumber === value) settle();
    } catch {
      // said under the field, where the value refused stays for mending
    }
  };
  const settle = () => {
    state.dirty = false;
    fault.clear();
    input.removeAttribute("aria-invalid");
    show(state.value);
  };
  const soon = () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(commit, CALM);
  };
  input.addEventListener("input", () => (state.dirty = true));
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      clearTimeout(state.timer);
      settle();
      say(told, "");
    }
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    state.dirty = true;
    show(next(state.spec, Number.isNaN(input.valueAsNumber) ? (state.value ?? 0) : input.valueAsNumber, way));
    soon();
  });
  slider?.addEventListener("input", () => {
    state.dirty = true;
    const value = valueAt(state.spec, Number(slider.value));
    input.value = String(value);
  });
  slider?.addEventListener("change", commit);
  return {
    element: make(
      "div",
      { class: "knob" },
      name,
      make("span", { class: "entry" }, slider, input),
      make("span", { class: "after small" }, told),
      fault.element,
    ),
    take(said, own) {
      Object.assign(state.spec, { low: said.low, high: said.high, whole: said.whole });
      state.live = live(said);
      if (said.value === state.value) return;
      state.value = said.value;
      if (said.value === null) {
        input.value = "";
        say(told, NONE);
      } else if (!state.dirty || own) {
        show(said.value);
        if (told.textContent === NONE) say(told, "");
      } else say(told, `now ${small(said.value)}, changed elsewhere`);
    },
    enable(on) {
      input.disabled = !on || !state.live || state.value === null;
      if (slider) slider.disabled = input.disabled;
    },
  };
}

/** One of several: a method. */
export function choiceField(spec, explained, turn) {
  const input = make("select", {});
  const { told, fault, name, send } = base(spec, input, explained, turn);
  const state = { value: null, live: true };
  input.addEventListener("change", () => send(input.value).catch(() => (input.value = state.value)));
  return {
    element: make(
      "div",
      { class: "knob" },
      name,
      make("span", { class: "entry" }, input),
      make("span", { class: "after small" }, told),
      fault.element,
    ),
    take(said) {
      state.live = live(said);
      const choices = said.choices ?? [said.value];
      if (input.options.length !== choices.length)
        input.replaceChildren(...choices.map((one) => make("option", { value: one }, titled(one))));
      if (said.value === state.value) return;
      state.value = input.value = said.value;
    },
    enable(on) {
      input.disabled = !on || !state.live;
    },
  };
}

const TITLES = { sgd: "SGD", windowgrad: "Windowgrad" };
const titled = (method) => TITLES[method] ?? method.charAt(0).toUpperCase() + method.slice(1);

/** Yes or no. */
export function checkField(spec, explained, turn) {
  const input = make("input", { type: "checkbox" });
  const { told, fault, name, send } = base(spec, input, explained, turn);
  const state = { value: false, live: true };
  input.addEventListener("change", () => send(input.checked).catch(() => (input.checked = state.value)));
  return {
    element: make(
      "div",
      { class: "knob tick" },
      make("span", { class: "choice" }, input, name),
      make("span", { class: "after small" }, told),
      fault.element,
    ),
    take(said) {
      state.live = live(said);
      if (said.value === state.value) return;
      state.value = input.checked = said.value;
    },
    enable(on) {
      input.disabled = !on || !state.live;
    },
  };
}
