/** The first screen in a sentence, and the bar that stays: phase, accuracy, where one is. */

import { make } from "../report/words.js";
import { count, several, share } from "./say.js";

const SMALL = 1e6;
const NAMED = 4; // classes that are named in the sentence,
const LONG = 60; // as long as their names fit into it
const FEW = 50; // pictures of which a share in percent would promise too much
const GUESSING = 1.2; // times the accuracy of guessing that is no better than that

/** A phase in words. */
export const PHASES = {
  empty: "no pictures",
  reading: "reading",
  ready: "ready",
  training: "learning",
  paused: "paused",
  judging: "being tested",
  finished: "finished",
  looking: "trained",
  failed: "failed",
  lost: "ended",
};

/** Keep the header, the bar and the window's title up to date. */
export function shell({ store }) {
  const lead = document.getElementById("lead");
  const more = document.getElementById("lead-more");
  const vital = document.getElementById("vital");
  const phase = make("span", { class: "phase" });
  const [accuracy, part] = [make("b", {}), make("span", { class: "wordy quiet" })];
  vital.append(phase, accuracy, part);
  const announced = document.getElementById("announced");
  store.on("state", (state) => {
    const [sentence, rest] = opening(state);
    say(lead, sentence);
    say(more, rest);
    say(phase, PHASES[state.phase] ?? state.phase);
    if (announced.dataset.phase && announced.dataset.phase !== state.phase) say(announced, sentence);
    phase.dataset.phase = announced.dataset.phase = state.phase;
    const value = right(state);
    say(accuracy, value == null ? "" : share(value));
    say(part, value == null ? "" : state.run.test_accuracy == null ? "validation" : "test");
    const title = [accuracy.textContent, phase.textContent, "ConvLens studio"].filter(Boolean).join(" · ");
    if (document.title !== title) document.title = title;
  });
  store.on("connection", (now) => {
    if (now !== "lost") return; // the state that comes with a new connection says the rest
    say(phase, "no connection");
    phase.dataset.phase = "lost";
  });
  follow();
}

/** Set a text only where it differs: nothing is read out, selected or laid out anew for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function right({ run }) {
  return run ? (run.test_accuracy ?? run.validation_accuracy) : null;
}

/** What the network tells apart, in words. */
export function subject(data) {
  if (!data) return "pictures";
  const { classes } = data;
  if (classes.join("") === "0123456789") return "the ten digits";
  const named = `${classes.slice(0, -1).join(", ")} and ${classes[classes.length - 1]}`;
  return classes.length > NAMED || named.length > LONG ? `${count(classes.length)} kinds of pictures` : named;
}

/** The sentence that explains the page at this moment, and what one can do now. */
export function opening(state) {
  const { phase, data, run, error } = state;
  const network = (run?.parameters ?? 0) < SMALL ? "A small network" : "A network";
  const what = subject(data);
  switch (phase) {
    case "empty":
      return [
        "There are no pictures yet.",
        "Open a trained network under Files, or begin the studio with a folder of pictures: convlens studio photos/",
      ];
    case "reading":
      return [`The pictures${data ? ` of ${data.name}` : ""} are being read.`, read(state.reading)];
    case "training":
      return [`${network} is learning to tell ${what} apart, right now.`, "Watch it, turn its knobs, look inside."];
    case "ready":
      return [
        `${network} is ready to learn to tell ${what} apart.`,
        "Press Start to let it learn, or Step to see a single update.",
      ];
    case "paused":
      return [
        `${network} pauses while it learns to tell ${what} apart.`,
        "Start lets it go on, Step makes a single update. Look inside in the meantime.",
      ];
    case "judging":
      return [`${network} has learned to tell ${what} apart.`, "It is being tested on pictures that it has never seen."];
    case "finished":
      return outcome(network, what, data, run);
    case "looking":
      return [`A trained network that tells ${what} apart.`, "Look inside, and try it on your own pictures."];
    case "failed":
      return ["The training could not go on.", error ? "What happened stands below." : ""];
    case "lost":
      return [
        "The training process ended unexpectedly.",
        "Start lets a new one go on from the last checkpoint; the network, the curves and the files are kept.",
      ];
    default:
      return ["ConvLens studio", ""];
  }
}

/** What a finished run came to: no more is claimed than its pictures show. */
function outcome(network, what, data, run) {
  const part = run?.test_accuracy != null ? "test" : data?.validation !== 0 ? "validation" : null;
  const start = `Start lets it learn on${further(run)}.`;
  if (part === null)
    return [
      `${network} has learned from all the pictures there are of ${what}.`,
      `None were kept aside, so nobody knows how well it does on others: a few more pictures of each class would show it. ${start}`,
    ];
  const right = run?.test_accuracy ?? run?.best_accuracy;
  const [name, n] = [part === "test" ? "test pictures" : "pictures held back", data?.[part] ?? FEW];
  if (right <= GUESSING / (data?.classes.length ?? 1))
    return [
      `${network} has not learned to tell ${what} apart yet: ${share(right)} of the ${name} are right, as by guessing.`,
      `${start} Another learning rate or another network may help, too, or more pictures.`,
    ];
  const told = n < FEW ? `${count(right * n)} of ${count(n)} ${name}` : `${share(right)} of the ${name}`;
  return [
    `${network} has learned to tell ${what} apart: ${told} are right.`,
    `${n < FEW ? "So few prove little. " : ""}Try it on your own pictures, look at its mistakes, take the file with you. ${start}`,
  ];
}

/** How long a finished run learns on, as far as it is known: ", for 60 epochs more". */
export function further(run) {
  const epochs = run?.knobs?.epochs?.value;
  if (epochs == null) return "";
  if (run.epochs < run.epochs_planned - 0.05) return `, to epoch ${count(run.epochs_planned)}`; // it was stopped
  return `, for ${several(epochs, "epoch")} more`;
}

function read(reading) {
  if (!reading?.total) return "It begins to learn as soon as they are there.";
  return `${count(reading.done)} of ${several(reading.total, "picture")}; it begins to learn as soon as they are there.`;
}

/** Mark the link of the region that is being looked at. */
function follow() {
  const links = new Map([...document.querySelectorAll(".bar a")].map((a) => [a.hash.slice(1), a]));
  const parts = new Map();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) parts.set(entry.target.id, entry.isIntersecting ? entry.intersectionRect.height : 0);
      const most = [...parts].reduce((best, part) => (part[1] > best[1] ? part : best), ["", 0])[0];
      for (const [id, link] of links) {
        if (id === most) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { threshold: [0, 0.1, 0.25, 0.5, 0.75, 1] },
  );
  for (const id of links.keys()) observer.observe(document.getElementById(id));
}
