/** Open a model or a ConvNetJS snapshot: by choosing a file, or by dropping one. */

import { make } from "../report/words.js";
import { bytesOf, dropping } from "./dropping.js";
import { faultLine } from "./fault.js";
import { bytes } from "./say.js";
import { say } from "./shell.js";

const KINDS = /\.(safetensors|json)$/i;
const JSON_FILE = /\.json$/i;
const LARGEST = 2 ** 30; // a model file above a gigabyte is somebody's mistake
const LARGEST_JSON = 2 ** 26; // read, it takes many times that
const [HEADER, BRACE] = [8, "{".charCodeAt(0)]; // a model file: the length of its header, then that

const FORMATS = "A model that ConvLens made (.safetensors), or a network of ConvNetJS (.json).";
const BECOMES = "It becomes a run of its own, paused, with its weights taken over; the present run is kept.";
const LOOKED = "It is shown in place of the present one.";

/** The card with the file field, itself the place to drop on. */
export function opening({ api, store }) {
  const fault = faultLine();
  const told = make("p", { class: "small", role: "status" });
  const input = make("input", { type: "file", accept: ".safetensors,.json,application/json", id: "open-file", class: "hidden" });
  const button = make("button", { type: "button", class: "plain" }, "Open file");
  let busy = false;
  button.addEventListener("click", () => input.click());
  const open = async (files) => {
    if (busy) return fault.show({ message: "another file is being opened", hint: "wait until it is there" });
    busy = true;
    fault.clear();
    const looking = store.state?.phase === "looking"; // before it is being read
    say(told, "");
    try {
      const file = await openable(files);
      say(told, `Opening ${file.name} …`);
      await api.send(`open?name=${encodeURIComponent(file.name)}`, file);
      say(told, looking ? `${file.name} is open.` : `${file.name} is open as a new run. Press Start to let it learn on.`);
    } catch (error) {
      say(told, "");
      fault.show(error);
    } finally {
      busy = false;
      input.value = "";
    }
  };
  input.addEventListener("change", () => input.files.length && open([...input.files]));
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
  dropping(card, "over", open);
  return card;
}

/** The one of `files` that may be sent; what speaks against it is thrown. */
async function openable(files) {
  const [file] = files;
  if (!file) throw { message: "that was not a file", hint: "save it first, then drop the file" };
  if (files.length > 1) throw { message: `those are ${files.length} files`, hint: "open one at a time" };
  const begin = new Uint8Array(await bytesOf(file, 0, HEADER + 1));
  if (!KINDS.test(file.name))
    throw { message: `${file.name} is neither a .safetensors nor a .json file`, hint: "pictures are dropped on Try it" };
  const most = JSON_FILE.test(file.name) ? LARGEST_JSON : LARGEST;
  if (file.size > most)
    throw { message: `${file.name} has ${bytes(file.size)}`, hint: `at most ${bytes(most)} of such a file can be opened here` };
  if (most === LARGEST && begin[HEADER] !== BRACE && begin[0] !== BRACE)
    throw { message: `${file.name} is no model file`, hint: "one comes from convlens train and ends in .safetensors" };
  return file;
}
