/** The knobs of the recipe, turned while the network learns. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { checkField, choiceField, numberField } from "./knobfield.js";
import { count } from "./say.js";

const LEARNING = [
  { key: "rate", label: "Learning rate", term: "learning rate", field: numberField, scale: "log", from: 1e-5, to: 10 },
  { key: "fall", label: "Falls to zero by the end", term: "rate falls", field: checkField },
  { key: "momentum", label: "Momentum", term: "momentum", field: numberField, scale: "even", from: 0, to: 0.999, by: 0.05 },
  {
    key: "weight_decay",
    label: "Weight decay",
    term: "weight decay",
    field: numberField,
    scale: "log",
    from: 1e-6,
    to: 1,
    zero: true,
  },
  { key: "batch", label: "Batch size", term: "batch size", field: numberField, scale: "doubling", from: 1, to: 1024 },
  { key: "epochs", label: "Epochs", term: "epoch", field: numberField, scale: "even", by: 1 },
  { key: "method", label: "Method", term: "method", field: choiceField },
];
const AUGMENTATION = [
  { key: "shift", label: "Shift", term: "shift", field: numberField, scale: "even", from: 0, to: 0.5, by: 0.01 },
  { key: "zoom", label: "Zoom", term: "zoom", field: numberField, scale: "even", from: 0, to: 0.9, by: 0.05 },
  { key: "flip", label: "Mirror", term: "mirror", field: checkField },
];
const FIXED = ["looking", "empty", "reading", "judging", "lost"];

/** The panel of knobs. */
export function knobs({ api, store, explain }) {
  const fault = faultLine();
  const fields = new Map();
  const turn = async (changes) => {
    const answer = await api.post("knobs", changes);
    take(fields, answer.knobs ?? {}, Object.keys(changes));
    return `from step ${count(answer.from_step)}`;
  };
  const grid = (specs) =>
    specs.map((spec) => {
      const field = spec.field(spec, explain(spec.term), (value) => turn({ [spec.key]: value }));
      fields.set(spec.key, field);
      return field.element;
    });
  const back = make("button", { type: "button", class: "plain tight", disabled: true }, "Back to the recipe");
  back.title = "Set every knob of the recipe as it is where nobody turns any";
  back.addEventListener("click", async () => {
    fault.clear();
    try {
      await turn(changed(store.state?.run));
    } catch (error) {
      fault.show(error);
    }
  });
  store.on("state", ({ run, phase }) => {
    take(fields, run?.knobs ?? {}, []);
    for (const field of fields.values()) field.enable(Boolean(run) && !FIXED.includes(phase));
    back.disabled = !run || FIXED.includes(phase) || !Object.keys(changed(run)).length;
  });
  return make(
    "div",
    { class: "card knobs", role: "group", "aria-label": "Knobs" },
    make("h3", {}, "Knobs"),
    make("p", { class: "small" }, "They work while the network learns, from its next update on. What you set is kept for the next run."),
    ...grid(LEARNING),
    make("h4", {}, "Augmentation", explain("augmentation")),
    ...grid(AUGMENTATION),
    back,
    fault.element,
  );
}

/** What the server says of a knob: its value alone, or with its range and choices. */
const told = (said) => (said !== null && typeof said === "object" ? said : { value: said });

/** Hand on what the server says of each knob; what `own` turned is shown even in a field in use. */
function take(fields, said, own) {
  for (const [key, field] of fields) {
    if (key in said) field.take(told(said[key]), own.includes(key));
    field.element.hidden = !(key in said);
  }
}

/** Knobs that stand otherwise than the run's recipe has them: name → the recipe's value. */
function changed(run) {
  const own = run?.defaults ?? {};
  const differs = ([key, value]) => key !== "epochs" && key in (run.knobs ?? {}) && told(run.knobs[key]).value !== value;
  return Object.fromEntries(Object.entries(own).filter(differs));
}
