/** The region Files: snapshots, models out and in, and how a model is used elsewhere. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { opening } from "./opening.js";
import { bytes, count } from "./say.js";
import { say } from "./shell.js";

/** Fill the region. */
export function mount(root, context) {
  const grid = make("div", { class: "filing" }, keeping(context), taking(context), opening(context));
  root.append(grid);
}

/** A command that is not given again while it is under way, and whose refusal is said in its place. */
function once(fault, act) {
  let busy = false;
  return async () => {
    if (busy) return;
    busy = true;
    fault.clear();
    try {
      await act();
    } catch (error) {
      fault.show(error);
    } finally {
      busy = false;
    }
  };
}

/** Save a snapshot, and the list of those there are. */
function keeping({ api, store, explain }) {
  const fault = faultLine();
  const told = make("p", { class: "small", role: "status" });
  const name = make("input", {
    class: "field",
    id: "snapshot-name",
    maxLength: 80,
    autocomplete: "off",
    placeholder: "such as: before the rate fell",
  });
  const button = make("button", { class: "primary", type: "submit" }, "Save snapshot");
  const form = make("form", { class: "row saving" }, make("label", { for: name.id }, "Name of the snapshot"), name, button);
  const keep = once(fault, async () => {
    const wanted = name.value.trim();
    await api.post("snapshots", { name: wanted });
    say(told, `Saved ${wanted ? `“${wanted}”` : "it"}.`);
    name.value = "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep();
  });
  const list = make("ul", { class: "snapshots" });
  const none = make("p", { class: "small" }, "None yet.");
  let drawn = "";
  store.on("state", ({ run, phase, runs = [], snapshots = [] }) => {
    card.hidden = phase === "looking";
    button.disabled = !run;
    const now = JSON.stringify([snapshots, runs.map((one) => [one.id, one.name])]);
    if (now === drawn) return;
    drawn = now;
    none.hidden = snapshots.length > 0;
    const named = new Map(runs.map((one) => [one.id, one.name]));
    list.replaceChildren(...[...snapshots].reverse().map((one) => snapshot(one, named.get(one.run) ?? one.run, api, fault)));
  });
  const card = make(
    "div",
    { class: "card" },
    make("h3", {}, "Snapshots", explain("snapshot")),
    make(
      "p",
      { class: "small" },
      "Keep the network as it is at this moment, to look at again or to go on from. Learning goes on meanwhile.",
    ),
    form,
    told,
    fault.element,
    none,
    list,
  );
  return card;
}

function snapshot({ id, name, run, step, bytes: size, when }, runName, api, fault) {
  const title = name || `step ${count(step)}`;
  const open = make("button", { type: "button", class: "plain tight", "aria-label": `Open ${title}` }, "Open");
  const path = `snapshots/${encodeURIComponent(id)}`;
  open.addEventListener(
    "click",
    once(fault, () => api.post(`${path}/open`)),
  );
  return make(
    "li",
    {},
    make(
      "span",
      { class: "what" },
      make("b", {}, title),
      make(
        "span",
        { class: "small figure" },
        [runName ?? run, `step ${count(step)}`, bytes(size), moment(when)].filter(Boolean).join(" · "),
      ),
    ),
    make(
      "span",
      { class: "row" },
      open,
      download(`${path}/model`, "Model", `Model of ${title}`, api, fault),
      download(`${path}/convnetjs`, "ConvNetJS", `ConvNetJS of ${title}`, api, fault),
    ),
  );
}

function moment(when) {
  const date = new Date(typeof when === "number" ? when * 1000 : when);
  return Number.isNaN(date.getTime())
    ? ""
    : date.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** A button that fetches a file and hands it to the browser; what the server refuses is said here. */
function download(path, text, name, api, fault) {
  const button = make("button", { type: "button", class: "plain tight", "aria-label": name }, text);
  button.addEventListener(
    "click",
    once(fault, () => api.download(path)),
  );
  return button;
}

/** The network as it is now, and the model of a finished run on disk. */
function taking({ api, store, explain }) {
  const fault = faultLine();
  const model = download("download/model", "Download model", "Download model", api, fault);
  const json = download("download/convnetjs", "Download for ConvNetJS", "Download for ConvNetJS", api, fault);
  for (const button of [model, json]) button.classList.remove("tight");
  model.classList.replace("plain", "primary");
  const where = make("p", { class: "small" });
  const use = make("code", { class: "command" });
  store.on("state", ({ run, phase }) => {
    model.disabled = json.disabled = !run || phase === "reading" || phase === "lost";
    const kept = run?.model ?? null;
    say(
      where,
      kept
        ? `The finished model lies on this computer: ${kept}`
        : "When the run is over, its best moment is written to a file; the path stands here then.",
    );
    say(use, `convlens predict ${quoted(kept ?? "model.safetensors")} picture.jpg`);
  });
  return make(
    "div",
    { class: "card" },
    make("h3", {}, "Take it with you", explain("model file")),
    make("p", { class: "small" }, "The network as it is now, as one file that works elsewhere."),
    make("div", { class: "row" }, model, json, explain("convnetjs")),
    fault.element,
    where,
    make("p", { class: "small how" }, "To use it from the command line:"),
    use,
  );
}

const quoted = (path) => (/[^\w./~-]/.test(path) ? `'${path.replaceAll("'", "'\\''")}'` : path);
