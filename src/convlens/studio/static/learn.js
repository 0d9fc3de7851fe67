/** The region Learn: the training at work, its figures, its curves, its knobs, its runs. */

import { make } from "../report/words.js";
import { charts } from "./charts.js";
import { figures } from "./figures.js";
import { knobs } from "./knobs.js";
import { runs } from "./runs.js";
import { curves } from "./series.js";
import { say } from "./shell.js";
import { transport } from "./transport.js";

const NO_TRAINING = {
  looking:
    "This network is trained already, and there are no pictures here to learn from. To let it go on, give the studio a folder: convlens studio photos/",
  empty:
    "Nothing can be learned without pictures. Give the studio a folder with one folder for each class: convlens studio photos/",
};

/** Fill the region. */
export function mount(root, context) {
  const model = curves(context);
  const sorry = make("p", { class: "small", hidden: true });
  const bench = make("div", { class: "bench" });
  const parts = make(
    "div",
    { class: "learning" },
    transport(context),
    make("div", { class: "learning fitted" }, figures(context), bench),
  );
  bench.append(charts(context, model), knobs(context));
  root.append(sorry, parts, runs(context, model));
  context.store.on("state", ({ phase }) => {
    parts.hidden = phase in NO_TRAINING;
    sorry.hidden = !parts.hidden;
    say(sorry, NO_TRAINING[phase] ?? "");
  });
}
