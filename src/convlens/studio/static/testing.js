/** Every picture of the part tested: the button, how far it is, and what came of it. */

import { make } from "../report/words.js";
import { weightsOf } from "./asking.js";
import { faultLine } from "./fault.js";
import { partOf } from "./parts.js";
import { count, share } from "./say.js";

/** `{element}`; `tested(result)` is called with each result, and with null when there is none. */
export function testing({ api, store, explain }, tested) {
  const begin = make("button", { type: "button", class: "plain" }, "Test all");
  const views = make("input", { type: "checkbox", checked: true });
  const bar = make("progress", { max: 1, "aria-label": "Pictures tested" });
  const done = make("span", { class: "small" });
  const progress = make("div", { class: "test-progress", hidden: true }, bar, done);
  const trouble = faultLine();
  const about = make("p", { class: "small" }, "How many are right, which classes are taken for which, and the worst mistakes.");
  const figures = make("dl", { class: "test-figures", hidden: true });
  const of = make("p", { class: "small", hidden: true });
  const old = make("p", { class: "old-note", role: "status", hidden: true });
  const element = make(
    "div",
    { class: "test-all" },
    make("div", { class: "test-head" }, make("h3", {}, "Every picture"),
         make("div", { class: "row" }, begin,
              make("label", { class: "choice" }, views, "averaged over views too"), explain("views"))), // prettier-ignore
    about, progress, trouble.element, figures, of, old,
  ); // prettier-ignore
  let result = null;
  let weights = "";
  let ours = false;
  let troubled = null; // the run that the last trouble was about
  let looked = null; // the run whose last result was looked for

  async function test() {
    ours = true;
    trouble.clear();
    progressed();
    const [at, running] = [weightsOf(store.state), runOf(store.state)];
    try {
      const told = await api.post("test", { part: partOf(store.state.data), views: views.checked });
      show(told, told.step === store.state.run?.step ? weightsOf(store.state) : at);
    } catch (fault) {
      if (running === runOf(store.state)) trouble.show(fault);
      troubled = running;
    } finally {
      ours = false;
      progressed();
    }
  }

  /** What was tested before this page was opened, or on another one. */
  async function lookUp() {
    looked = lookedFor();
    try {
      const told = await api.get("test");
      if (!told || ours || told.run !== runOf(store.state) || same(told, result)) return;
      show(told, told.step === store.state.run?.step ? weightsOf(store.state) : "before");
    } catch (fault) {
      trouble.show(fault);
    }
  }

  const lookedFor = () => `${store.state.studio}/${runOf(store.state)}/${Boolean(store.state.testing)}`;

  function progressed() {
    const { testing: told } = store.state ?? {};
    begin.disabled = ours || Boolean(told);
    progress.hidden = !(ours || told);
    if (!told) bar.removeAttribute("value");
    else bar.value = told.done / Math.max(1, told.total);
    done.textContent = told ? `${count(told.done)} of ${count(told.total)}` : "beginning …";
  }

  function show(told, at) {
    [result, weights] = [told, at];
    const averaged = told.accuracy_views !== null;
    const [low, high] = told.interval.map((end) => share(end).replace(" %", ""));
    const right = averaged ? told.accuracy_views : told.accuracy;
    const hardest = lowest(told.recalls);
    const all = told.recalls[hardest] === 1;
    figures.replaceChildren(
      figure(["Accuracy", explain("accuracy")], share(right),
             `${count(right * told.n)} of ${count(told.n)} right${averaged ? ", averaged over views" : ""}`),
      figure(["Likely range", explain("confidence interval")], `${low}–${high} %`,
             "on other pictures of this kind, 95 times of 100"),
      ...(averaged ? [figure(["At one look", explain("views")], share(told.accuracy), "without averaging")] : []),
      figure(["Hardest class", explain("recall")], all ? "none" : store.state.data.classes[hardest],
             all ? "every picture was found" : `${share(told.recalls[hardest], 0)} of them found`),
    ); // prettier-ignore
    figures.hidden = of.hidden = false;
    about.hidden = true;
    tested(told);
    mark();
  }

  /** Say of which step the figures are, and whether the network has moved on. */
  function mark() {
    if (!result) return;
    const { run, phase } = store.state;
    const part = `${result.part === "train" ? "training" : result.part} pictures`;
    of.textContent = `On the ${part}${phase === "looking" ? "" : `, after ${count(result.step)} steps`}.`;
    const past = weightsOf(store.state) !== weights;
    element.classList.toggle("past", past);
    old.hidden = !past;
    const now = run ? `it is at step ${count(run.step)} now` : "";
    if (past) old.textContent = result.run === runOf(store.state)
      ? `These figures are old: the network has learned on since (${now}). Test all again for new ones.`
      : "These figures are of an earlier run."; // prettier-ignore
  }

  begin.addEventListener("click", test);
  store.on("state", (state) => {
    if (troubled !== runOf(state)) trouble.clear(); // it was about another run
    progressed();
    mark();
    if (partOf(state.data) && !ours && looked !== lookedFor()) lookUp();
  });

  return { element };
}

/** The class least of whose pictures were found. */
function lowest(recalls) {
  const known = recalls.map((_, i) => i).filter((i) => recalls[i] !== null);
  return known.reduce((least, i) => (recalls[i] < recalls[least] ? i : least), known[0]);
}

/** The run that is open; null where a trained network is only looked into. */
const runOf = (state) => state.run?.id ?? null;

/** Whether two results are of the same test. */
const same = (one, other) => ["run", "part", "step", "views", "n"].every((key) => one[key] === other?.[key]);

function figure([name, meaning], value, more) {
  return make("div", {}, make("dt", {}, name, meaning), make("dd", {}, make("b", {}, value), make("span", {}, more)));
}
