/** The network as text: read as one types, its mistakes marked, applied to learn on it. */

import { make } from "../report/words.js";
import { examples } from "./examples.js";
import { faultLine, sentence } from "./fault.js";
import { kept } from "./kept.js";
import { misreading } from "./misreading.js";
import { question } from "./question.js";
import { readout } from "./readout.js";
import { textbox } from "./textbox.js";

const PAUSE = 250;
const SAID = {
  anew: "Learning begins anew on this network.",
  keeping: "Learning goes on in this network, with what had been learned in the layers that stayed.",
  sending: "Applying …",
  waiting: "The network is applied, and waits: Start lets it learn.",
  looking: "This trained network is only looked into: there are no pictures here to learn from.",
  elsewhere: "The network that runs was changed elsewhere. What you are writing was left as it is.",
};

/** The editor; `running` tells the network that runs. */
export function editor(context, running) {
  const { explain } = context;
  const parts = {
    wrong: misreading("misread", (text) => state.box.write(text)),
    fault: faultLine(),
    question: question(),
    result: readout(explain),
    status: make("p", { class: "status", role: "status" }),
  };
  const state = {
    ...context, ...parts, running, draft: kept("convlens-draft"),
    base: null, reading: null, readText: null, misread: false, applied: null, sending: false, asked: 0, timer: 0,
  };
  state.box = textbox({ changed: () => typed(state), applied: () => apply(state, false) });
  state.buttons = buttons(state);
  context.store.on("state", (told) => follow(state, told));
  running.on(() => update(state));
  if (context.store.state) follow(state, context.store.state);
  update(state);
  return make("div", { class: "editor" },
    make("div", { class: "writing" },
      state.box.element, parts.wrong.element, parts.fault.element, parts.question.element,
      make("div", { class: "row actions" }, ...Object.values(state.buttons)),
      parts.status,
      make("p", { class: "small", id: "network-keys" },
        "Layers from the picture to the classes, joined by dashes; Ctrl+Enter applies. ", explain("notation")),
      examples(context, (text) => state.box.write(text))),
    parts.result.element);
}

function buttons(state) {
  const make_ = (text, kind, title, act) => {
    const button = make("button", { type: "button", class: kind, title }, text);
    button.addEventListener("click", act);
    return button;
  };
  return {
    apply: make_("Apply", "primary", "Begin anew on this network (Ctrl+Enter)", () => apply(state, false)),
    keep: make_("Change, keeping weights", "plain", "Keep what the layers that did not change have learned", () => apply(state, true)),
    back: make_("Undo", "plain", "Ctrl+Z", () => state.box.undo()),
    again: make_("Redo", "plain", "Ctrl+Y", () => state.box.redo()),
    revert: make_("Back to the running network", "plain", "", () => revert(state)),
  };
}

/** Whether the text says another network than the one that runs, however it is written. */
function isChanged({ base, box, readText, reading, running }) {
  if (base === null || box.text.trim() === base.trim()) return false;
  if (readText !== box.text) return true;
  return reading.net !== base && reading.net !== running.now?.reading.net;
}

const isAble = (state) =>
  Boolean(state.store.state?.run) && state.store.state.phase !== "looking" && !state.sending && !state.misread;

function update(state) {
  const { buttons, box, result } = state;
  const differs = isChanged(state);
  buttons.apply.disabled = buttons.keep.disabled = !(isAble(state) && differs);
  buttons.back.disabled = box.isFirst;
  buttons.again.disabled = box.isLast;
  buttons.revert.disabled = !differs;
  result.fade(state.readText !== box.text);
}

/** What was said of the text before is no longer of this one. */
function typed(state) {
  state.status.textContent = "";
  changed(state);
}

function changed(state, pause = PAUSE) {
  state.misread = false;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => read(state), pause);
  update(state);
}

/** Ask what the text comes to; answers to earlier texts are left aside. */
async function read(state) {
  const { box, store, api, draft } = state;
  const text = box.text;
  const turn = ++state.asked;
  box.settle();
  if (state.base !== null) draft.keep(isChanged(state) ? { base: state.base, text } : null);
  if (!store.state?.data) return;
  try {
    const reading = await api.post("read", { net: text });
    if (turn !== state.asked) return;
    Object.assign(state, { reading, readText: text });
    state.wrong.clear();
    state.fault.clear();
    box.mark();
    state.result.show(reading);
    if (!isChanged(state)) draft.keep(null);
  } catch (error) {
    if (error.status === undefined) throw error;
    if (turn === state.asked) refused(state, error, text);
  }
  update(state);
}

/** Say what is wrong: under the word, where the server knows it. */
function refused(state, error, text) {
  const { wrong, fault, box } = state;
  const placed = Number.isInteger(error.document?.start);
  state.misread = error.status === 422 && text === box.text;
  if (!placed) {
    wrong.clear();
    fault.show(error);
    return;
  }
  fault.clear();
  wrong.show(text, error);
  if (text === box.text) box.mark(error.document);
}

async function apply(state, keep) {
  const { api, store, box } = state;
  if (!isAble(state) || !isChanged(state)) return;
  const text = box.text;
  const still = store.state.phase === "paused";
  state.sending = true;
  state.applied = text; // the new state may come before the answer
  state.question.clear();
  state.status.textContent = SAID.sending;
  update(state);
  try {
    await api.post("network", { net: text, keep, revision: store.state.run.revision });
    state.fault.clear();
    state.draft.keep(null);
    state.status.textContent = still ? SAID.waiting : keep ? SAID.keeping : SAID.anew;
  } catch (error) {
    state.applied = null;
    state.status.textContent = "";
    if (error.status === undefined) throw error;
    if (error.status === 409) overtaken(state, error, keep);
    else refused(state, error, text);
  } finally {
    state.sending = false;
    update(state);
  }
}

/** Another page was quicker: whose network is it to be? */
function overtaken(state, error, keep) {
  const said = [error.message, error.hint].filter(Boolean).map(sentence).join(" ");
  state.question.ask(said, {
    "Take theirs": () => revert(state),
    "Take mine": () => apply(state, keep),
  });
}

function revert(state) {
  const { run } = state.store.state;
  if (run) state.box.write(run.net);
}

/** What the studio runs now; a text that is being worked on is left alone, and that is said. */
function follow(state, told) {
  const net = told.run?.net ?? null;
  const key = JSON.stringify([told.data?.input, told.data?.classes.length, told.phase === "looking"]);
  if (net !== null && net !== state.base) taken(state, net); // null: pictures are being read
  if (key !== state.key) {
    state.key = key;
    changed(state, 0);
  }
  if (told.phase === "looking") state.status.textContent = SAID.looking;
  update(state);
}

function taken(state, net) {
  const { box } = state;
  const before = state.base;
  const own = state.applied !== null && state.applied === box.text;
  const busy = before !== null && !own && isChanged(state);
  state.base = net;
  state.applied = null;
  if (own) return;
  const draft = before === null ? state.draft.recall() : null;
  if (busy || (draft && draft.base !== net)) elsewhere(state);
  if (busy) return;
  box.begin(draft?.text ?? net);
  clearTimeout(state.timer);
  read(state);
}

function elsewhere(state) {
  state.question.ask(SAID.elsewhere, { "Take theirs": () => revert(state), "Go on with mine": () => state.box.element.lastChild.focus() });
}
