/** The figures of the training as it goes on, each with its meaning. */

import { make } from "../report/words.js";
import { count, duration, fixed, milliseconds, several, share, small } from "./say.js";
import { say } from "./shell.js";

const batchOf = (run) => run.knobs?.batch?.value ?? run.knobs?.batch;
const each = (milli, run, data) =>
  milliseconds(batchOf(run) && milli != null ? milli / Math.min(batchOf(run), data?.train || Infinity) : null);
const falls = (run) => run.knobs?.fall?.value ?? run.knobs?.fall;

const FIGURES = [
  {
    label: "Loss",
    term: "loss",
    main: true,
    value: (run) => fixed(run.loss),
    beside: (run) => (run.decay_loss ? `and ${fixed(run.decay_loss)} for the size of the weights` : "without weight decay"),
    besideTerm: "decay loss",
  },
  {
    label: "Training accuracy",
    term: "training accuracy",
    main: true,
    value: (run) => share(run.train_accuracy),
    beside: (run, data) => (data ? `${several(data.train, "picture")} to learn from` : ""),
  },
  {
    label: "Validation accuracy",
    term: "validation accuracy",
    main: true,
    value: (run) => share(run.validation_accuracy),
    beside: (run, data) =>
      data?.validation === 0
        ? "no pictures are held back"
        : run.best_accuracy == null
          ? "when the first epoch is over"
          : `best so far ${share(run.best_accuracy)}`,
  },
  {
    label: "Test accuracy",
    term: "test accuracy",
    main: true,
    value: (run) => share(run.test_accuracy),
    beside: (run) =>
      run.test_accuracy == null
        ? "when the run is over"
        : run.test_accuracy_views == null
          ? ""
          : `${share(run.test_accuracy_views)} over views`,
    besideTerm: "accuracy over views",
  },
  {
    label: "Pictures per second",
    value: (run) => count(run.pictures_per_second),
    beside: (run) => (run.engine ? `on ${run.engine}` : ""),
  },
  {
    label: "Forward",
    term: "forward pass",
    value: (run, data) => each(run.forward_ms, run, data),
    beside: (run) => `a picture; ${milliseconds(run.forward_ms)} a step`,
  },
  {
    label: "Backward",
    term: "backward pass",
    value: (run, data) => each(run.backward_ms, run, data),
    beside: (run) => `a picture; ${milliseconds(run.backward_ms)} a step`,
  },
  {
    label: "Examples seen",
    term: "examples",
    value: (run) => count(run.examples),
    beside: (run, data) => (data ? `${fixed(run.epochs, 1)} times ${count(data.train)}` : ""),
  },
  {
    label: "Time left",
    value: (run, data, phase) => (phase === "training" || phase === "paused" ? duration(run.seconds_left) : "–"),
    beside: (run) => `${duration(run.seconds)} so far`,
  },
  {
    label: "Rate now",
    term: "learning rate",
    value: (run) => small(run.rate),
    beside: (run) => (falls(run) ? "falling to zero" : "stays as it is"),
  },
];

/** A list of figures that follows the state. */
export function figures({ store, explain }) {
  const list = make("dl", { class: "figures" });
  const cells = FIGURES.map((figure) => {
    const value = make("b", { class: "figure" }, "–");
    const beside = make("span", { class: "beside figure" });
    const term = make("dt", {}, figure.label, figure.term ? explain(figure.term) : null);
    const more = figure.besideTerm ? explain(figure.besideTerm) : null;
    list.append(
      make(
        "div",
        { class: figure.main ? "main" : "" },
        term,
        make("dd", {}, value, make("span", { class: "under" }, beside, more)),
      ),
    );
    return { figure, value, beside };
  });
  store.on("state", ({ run, data, phase }) => {
    for (const { figure, value, beside } of cells) {
      say(value, run ? figure.value(run, data, phase) : "–");
      say(beside, run ? figure.beside(run, data, phase) : "");
    }
  });
  return list;
}
