/** The region Network: the editor, the picture that is looked at, every layer. */

import { make } from "../report/words.js";
import { chooser } from "./chooser.js";
import { editor } from "./editor.js";
import { layers } from "./layers.js";
import { looking } from "./looking.js";
import { running } from "./running.js";

/** Fill the region. */
export function mount(root, context) {
  const network = running(context);
  const choice = looking();
  root.append(
    make("p", { class: "about" }, "The network in one line. Change a word and see what becomes of it."),
    editor(context, network),
    chooser(context, choice),
    layers(context, network, choice),
  );
}
