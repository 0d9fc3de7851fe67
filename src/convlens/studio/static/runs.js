/** The runs that the studio keeps: to compare with, to open again, to take from the list. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { count, share } from "./say.js";
import { PHASES, say } from "./shell.js";

/** The list of runs, the newest first. */
export function runs({ api, store, explain }, model) {
  const fault = faultLine();
  const body = make("tbody");
  const heads = [
    ["Run"],
    ["Steps"],
    ["Validation", "validation accuracy"],
    ["Test", "test accuracy"],
    ["Compare"],
    ["", null, "Open, rename or forget"],
  ];
  const row = heads.map(([text, term, hidden]) =>
    make(
      "th",
      { scope: "col", class: ["Steps", "Validation", "Test"].includes(text) ? "number" : "" },
      text,
      hidden ? make("span", { class: "hidden" }, hidden) : null,
      term ? explain(term) : null,
    ),
  );
  const told = make("p", { class: "small" });
  const holder = make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...row)), body));
  const element = make("div", { class: "card kept" }, make("h3", {}, "Runs"), told, holder, fault.element);
  const rows = new Map();
  const act = async (id, what, values) => {
    fault.clear();
    try {
      await api.post(`runs/${encodeURIComponent(id)}/${what}`, values);
    } catch (error) {
      fault.show(error);
    }
  };
  const update = () => {
    const state = store.state;
    if (!state) return;
    const all = [...state.runs].reverse();
    say(
      told,
      all.length > 1
        ? "Tick a run to draw its curves beside those of the present one."
        : "Every run is kept here: begin anew, or apply another network, and compare the two.",
    );
    element.hidden = !all.length;
    for (const [id, one] of rows) {
      if (all.some((run) => run.id === id)) continue;
      one.element.remove();
      rows.delete(id);
    }
    all.forEach((run, i) => {
      if (!rows.has(run.id)) rows.set(run.id, rowOf(run, model, act));
      const one = rows.get(run.id);
      if (body.children[i] !== one.element) body.insertBefore(one.element, body.children[i] ?? null);
      one.update(run.id === state.run?.id ? { ...run, phase: state.phase } : run, run.id === state.run?.id, model);
    });
  };
  store.on("state", update);
  model.onChoice(update);
  return element;
}

function rowOf({ id }, model, act) {
  const name = make("b", {});
  const naming = make("input", {
    class: "field",
    maxLength: 80,
    hidden: true,
    "aria-label": "New name of the run",
    autocomplete: "off",
  });
  const rename = make("button", { type: "button", class: "plain tight" }, "Rename");
  edit(naming, rename, name, (text) => act(id, "name", { name: text }));
  const phase = make("span", { class: "phase small" });
  const net = make("code", {});
  const cells = [0, 1, 2].map(() => make("td", { class: "number" }));
  const compare = make("input", { type: "checkbox" });
  compare.addEventListener("change", () => model.compare(id, compare.checked));
  const open = make("button", { type: "button", class: "plain tight" }, "Open");
  const forget = make("button", { type: "button", class: "plain tight" }, "Forget");
  open.addEventListener("click", () => act(id, "open"));
  forget.addEventListener("click", () => act(id, "forget"));
  forget.title = "Take it from this list; its folder stays";
  const element = make(
    "tr",
    {},
    make("td", { class: "which" }, name, naming, " ", phase, net),

    ...cells,
    make("td", {}, make("label", { class: "choice" }, compare)),
    make("td", {}, make("span", { class: "row" }, open, rename, forget)),
  );
  return {
    element,
    update(run, present, { compared, full }) {
      say(name, run.name);
      for (const [control, text] of [
        [compare, "Compare with"],
        [open, "Open"],
        [rename, "Rename"],
        [forget, "Forget"],
      ]) {
        const label = `${text} ${run.name}`;
        if (control.getAttribute("aria-label") !== label) control.setAttribute("aria-label", label);
      }
      say(phase, present ? `${PHASES[run.phase] ?? run.phase}, shown above` : (PHASES[run.phase] ?? run.phase));
      if (phase.dataset.phase !== run.phase) phase.dataset.phase = run.phase;
      say(net, run.net);
      if (net.title !== run.net) net.title = run.net;
      [count(run.step), share(run.validation_accuracy), share(run.test_accuracy)].forEach((text, i) => say(cells[i], text));
      compare.checked = present || compared(run.id);
      compare.disabled = present || (full() && !compared(run.id));
      open.disabled = forget.disabled = present;
    },
  };
}

/** A name becomes a field; Enter or leaving the field takes what it holds, Escape leaves all as it was. */
function edit(field, button, name, take) {
  const close = (taken) => {
    if (field.hidden) return;
    const inside = document.activeElement === field;
    field.hidden = true;
    name.hidden = false;
    const text = field.value.trim();
    if (taken && text && text !== name.textContent) take(text);
    if (inside) button.focus();
  };
  button.addEventListener("click", () => {
    field.value = name.textContent;
    field.hidden = false;
    name.hidden = true;
    field.focus();
    field.select();
  });
  field.addEventListener("blur", () => close(true));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") close(true);
    if (event.key === "Escape") close(false);
  });
}
