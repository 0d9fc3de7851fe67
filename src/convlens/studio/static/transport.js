/** Start, pause, step, stop: the buttons of the training, and how far it is. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { count, duration, fixed } from "./say.js";
import { further, say } from "./shell.js";

const BUTTONS = [
  { name: "Start", path: "start", phases: ["ready", "paused", "finished", "failed", "lost"] },
  { name: "Pause", path: "pause", phases: ["training"] },
  { name: "Step", path: "step", phases: ["ready", "paused", "training"] },
  { name: "Stop", path: "stop", phases: ["training", "paused"] },
  { name: "Begin anew", path: "anew", phases: ["ready", "paused", "training", "finished", "failed", "lost"] },
];
const DOCKED = 3; // of the buttons: these stay within reach wherever the page is scrolled to

const WHAT = {
  Pause: "Hold still after the present update; Start goes on from there",
  Step: "Make exactly one update, then pause",
  Stop: "End the run now: its best moment is kept, tested and written to a file",
  "Begin anew": "Begin again with new random weights; this run is kept",
};
const START = {
  paused: "Go on from here",
  failed: "Go on from the last checkpoint",
  lost: "Go on from the last checkpoint",
};

/** The row of buttons with the line of progress. */
export function transport({ api, store }) {
  const fault = faultLine();
  const buttons = new Map();
  let busy = false;
  const command = async (path) => {
    if (busy) return;
    busy = true;
    fault.clear();
    try {
      await api.post(path);
    } catch (error) {
      fault.show(error);
    } finally {
      busy = false;
    }
  };
  for (const { name, path } of BUTTONS) {
    const kind = name === "Start" ? "primary" : "plain";
    const button = make("button", { type: "button", class: kind, disabled: true, title: WHAT[name] ?? "" }, name);
    button.addEventListener("click", () => command(path));
    buttons.set(name, button);
  }
  const all = [...buttons.values()];
  const near = make("div", { class: "transport row", role: "group", "aria-label": "Training" }, ...all.slice(0, DOCKED));
  const place = make("div", { class: "place" }, near);
  const bar = make("progress", { max: 1, value: 0, "aria-label": "Progress of the run" });
  const told = make("p", { class: "small figure" });
  dock(place, near);
  store.on("state", (state) => {
    enable(buttons, state);
    bar.value = state.run?.progress ?? 0;
    say(told, progress(state));
  });
  const row = make("div", { class: "row" }, place, ...all.slice(DOCKED));
  return make("div", { class: "controls" }, row, make("div", { class: "far" }, bar, told), fault.element);
}

/** Whoever presses Pause with the keyboard finds the focus on Start, not lost. */
function enable(buttons, { phase, run }) {
  const focused = document.activeElement;
  buttons.get("Start").title = phase === "finished" ? `Learn on${further(run)}` : (START[phase] ?? "Let the network learn");
  for (const { name, phases } of BUTTONS) buttons.get(name).disabled = !phases.includes(phase);
  if (!focused?.disabled || ![...buttons.values()].includes(focused)) return;
  [buttons.get("Start"), buttons.get("Pause")].find((button) => !button.disabled)?.focus({ preventScroll: true });
}

function progress({ phase, run, reading }) {
  if (phase === "reading" && reading?.total) return `${count(reading.done)} of ${count(reading.total)} pictures read`;
  if (!run) return "";
  const far = `step ${count(run.step)} · epoch ${fixed(run.epochs, 1)} of ${fixed(run.epochs_planned, run.epochs_planned % 1 ? 1 : 0)}`;
  const resumed = run.resumed_step ? ` · resumed at step ${count(run.resumed_step)}` : "";
  if (phase === "training") return `${far} · ${duration(run.seconds_left)} left${resumed}`;
  if (phase === "finished") return `${far} · took ${duration(run.seconds)}${resumed}`;
  return far + resumed;
}

/** While its place is out of sight, the row of buttons stands in the bar. */
function dock(place, row) {
  const bar = document.getElementById("bar");
  const narrow = matchMedia("(max-width: 760px)");
  new IntersectionObserver(
    ([entry]) => {
      const above = entry.boundingClientRect.top < innerHeight / 2;
      const docked = !entry.isIntersecting && (above || narrow.matches) && entry.boundingClientRect.width > 0;
      const height = place.offsetHeight;
      place.style.setProperty("min-height", docked ? `${height}px` : "0");
      place.style.setProperty("min-width", docked ? `${place.offsetWidth}px` : "0");
      row.classList.toggle("docked", docked);
      bar.classList.toggle("docking", docked);
      document.body.classList.toggle("docked-below", docked);
    },
    { rootMargin: "-56px 0px 0px 0px" },
  ).observe(place);
}
