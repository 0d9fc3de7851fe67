/** Open a model or a ConvNetJS snapshot: by choosing a file, or by dropping one. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { bytes } from "./say.js";
import { say } from "./shell.js";

const LARGEST = 2 ** 30; // a model file above a gigabyte is somebody's mistake
const KINDS = /\.(safetensors|json)$/i;

const FORMATS = "A model that ConvLens made (.safetensors), or a network of ConvNetJS (.json).";
const BECOMES = "It becomes a run of its own, paused, with its weights taken over; the present run is kept.";
const LOOKED = "It is shown in place of the present one.";

/** The card with the file field, itself the place to drop on. */
export function opening({ api, store }) {
  const fault = faultLine();
  const told = make("p", { class: "small", role: "status" });
  const input = make("input", { type: "file", accept: ".safetensors,.json,application/json", id: "open-file", class: "hidden" });
  const button = make("button", { type: "button", class: "plain" }, "Open file");
  button.addEventListener("click", () => input.click());
  const open = async (file) => {
    fault.clear();
    const refusal = refused(file);
    if (refusal) return fault.show(refusal);
    const looking = store.state?.phase === "looking"; // before it is being read
    say(told, `Opening ${file.name} …`);
    try {
      await api.send(`open?name=${encodeURIComponent(file.name)}`, file);
      say(told, looking ? `${file.name} is open.` : `${file.name} is open as a new run. Press Start to let it learn on.`);
    } catch (error) {
      say(told, "");
      fault.show(error);
    } finally {
      input.value = "";
    }
  };
  input.addEventListener("change", () => input.files[0] && open(input.files[0]));
  const about = make("p", { class: "small" });
  const card = make(
    "div",
    { class: "card drop" },
    make("h3", {}, "Open"),
    about,
    make("label", { for: input.id, class: "hidden" }, "File to open"),
    input,
    make("div", { class: "row" }, button, make("span", { class: "small" }, "or drop it here")),
    told,
    fault.element,
  );
  input.tabIndex = -1;
  store.on("state", ({ phase }) => say(about, `${FORMATS} ${phase === "looking" ? LOOKED : BECOMES}`));
  droppable(card, open);
  return card;
}

function refused(file) {
  if (!KINDS.test(file.name))
    return { message: `${file.name} is neither a .safetensors nor a .json file`, hint: "pictures are dropped on Try it" };
  if (file.size > LARGEST)
    return { message: `${file.name} has ${bytes(file.size)}`, hint: "no model that this page can open is so large" };
  return null;
}

function droppable(card, open) {
  const files = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;
  card.addEventListener("dragenter", (event) => {
    if (!files(event)) return;
    depth++;
    card.classList.add("over");
  });
  card.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) card.classList.remove("over");
  });
  card.addEventListener("dragover", (event) => files(event) && event.preventDefault());
  card.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    depth = 0;
    card.classList.remove("over");
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
}
