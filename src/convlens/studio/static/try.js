/** The region "Try it": a picture of one's own, what the network says of it, and why. */

import { make } from "../report/words.js";
import { asking, weightsOf } from "./asking.js";
import { bars, chance, ordered } from "./bars.js";
import { camera } from "./camera.js";
import { pad } from "./draw.js";
import { faultLine } from "./fault.js";
import { incoming } from "./incoming.js";
import { count } from "./say.js";
import { strip } from "./strip.js";
import { suggestions } from "./suggestions.js";
import { addressOf, openPicture, verdict } from "./thumbs.js";
import { why } from "./why.js";

const SETTLES = 700;
const OVER = ["looking", "finished"]; // phases in which nothing is learned any more

/** Fill the region. */
export function mount(root, context) {
  const { api, store, explain } = context;
  let subject = nothing();
  let settling = 0;

  const drawing = pad(drawn);
  const seen = camera({ moved: () => live("camera", seen.frame), taken: (blob) => take("camera", blob, ""), left: rests });
  const chooser = suggestions(context, ({ picture }) => choose(picture, true));
  const answer = answerPart(explain);
  const layers = strip(context, (layer) => openInNetwork({ layer }));
  const reasons = why(context);
  const more = make("button", { type: "button", class: "plain" }, "Look at it in Network");
  const rest = make(
    "div",
    { class: "try-more", hidden: true },
    make("div", { class: "try-layers" },
         make("div", { class: "try-title" }, make("h3", {}, "Every layer’s answer to it", explain("activation map")), more),
         layers.element), // prettier-ignore
    reasons.element,
  );
  const trouble = faultLine();
  const { element: upload, trouble: refused } = incoming(root, (blob, name) => take("file", blob, name ?? ""));
  const body = make(
    "div",
    { class: "try-body" },
    drawing.element,
    make("div", { class: "try-answer" }, trouble.element, answer.element),
    make("div", { class: "try-sources" },
         make("div", { class: "row" }, upload, seen.button),
         make("p", { class: "small" }, "or drop a picture here, or paste one."),
         refused.element, seen.element, chooser.element),
  ); // prettier-ignore
  const waiting = make("p", { class: "quiet" }, "As soon as there is a network, it says here what it sees in a picture.");
  const lead = make("p", { class: "lead-in quiet" });
  root.append(lead, waiting, body, rest);

  const key = () => `${weightsOf(store.state)}/${subject.picture}`;
  const questions = asking(body, store, {
    due: () => Boolean(classes()) && Boolean(subject.waiting || (subject.picture && subject.shows !== key())),
    ask,
    failed: (fault) => (subject.source ? trouble : refused).show(fault), // what was sent away is no subject
  });

  /** The classes' names, once there is a network to be asked. */
  const classes = () => (store.state?.run || store.state?.phase === "looking" ? store.state.data?.classes : null);

  function drawn() {
    if (drawing.empty) return empty();
    live("drawn", drawing.blob);
    subject.rests = false;
    clearTimeout(settling);
    settling = setTimeout(rests, SETTLES);
  }

  /** Turn to something else: what was said of another picture is over. */
  function turnTo(next) {
    subject = { ...nothing(), ...next };
    refused.clear();
  }

  /** What was changing stays as it is. */
  function rests() {
    if (subject.fixed || !subject.source) return;
    subject.rests = true;
    if (!subject.waiting && subject.shows === key()) settle(subject);
  }

  /** A picture that is still changing: sent anew whenever the last answer is there. */
  function live(source, get) {
    if (subject.source !== source || subject.fixed) turnTo({ source });
    subject.waiting = get;
    questions.nudge();
  }

  /** A picture that is what it is. */
  function take(source, blob, name) {
    if (source !== "camera") seen.close();
    turnTo({ source, name, fixed: true, waiting: async () => blob });
    questions.again();
  }

  /** A picture that the studio has already. */
  function choose(picture, tell) {
    if (picture === subject.picture) return;
    seen.close();
    turnTo({ source: "chosen", fixed: true, picture, told: !tell });
    questions.again();
  }

  function empty() {
    turnTo(nothing());
    answer.clear();
    trouble.clear();
    rest.hidden = true;
    reasons.look(null);
    layers.look(null);
  }

  async function ask(signal) {
    const about = subject;
    if (about.waiting) await sendIt(about);
    if (about !== subject) return;
    const asked = key();
    const since = about.step === null ? "" : `&seen=${about.step}`;
    try {
      const said = await api.get(`predict?picture=${encodeURIComponent(about.picture)}${since}`, { signal });
      if (about !== subject || (said.unchanged && about.step === null)) return;
      about.shows = asked;
      about.lost = false;
      trouble.clear();
      if (!said.unchanged) show(about, said);
    } catch (fault) {
      if (about !== subject || fault.name === "AbortError") throw fault;
      // A studio begun anew has forgotten what was sent to it: send it once more.
      if (about.blob && !about.lost && fault.status >= 400 && fault.status < 500) {
        about.lost = true;
        about.waiting = async () => about.blob;
        return;
      }
      if (fault.status) about.shows = asked;
      throw fault;
    }
  }

  async function sendIt(about) {
    const get = about.waiting;
    about.waiting = null;
    try {
      about.blob = await get();
      about.picture = (await api.send(`pictures?name=${encodeURIComponent(about.name)}`, about.blob, about.blob.type || "application/octet-stream")).picture;
      about.step = null;
    } catch (fault) {
      if (!fault.status) about.waiting ??= get; // the studio is gone for a while
      else if (about.fixed) empty();
      throw fault;
    }
  }

  function show(about, said) {
    about.step = said.step;
    const label = said.label ?? null;
    answer.show(about, said.probabilities, classes(), label, store.state.phase);
    rest.hidden = false;
    layers.look(about.picture);
    if (!about.waiting && (about.fixed || about.rests)) settle(about);
  }

  /** The picture stays: the other regions may look at it too. */
  function settle(about) {
    if (!about.picture || about.settled === about.picture) return;
    about.settled = about.picture;
    reasons.look(about.picture);
    answer.announce();
    if (!about.told) openPicture(about.picture, "try");
  }

  function openInNetwork(detail = {}) {
    if (!subject.picture) return;
    openPicture(subject.picture, "try", detail);
    const network = document.getElementById("network");
    network?.scrollIntoView({ block: "start" });
    const title = network?.querySelector("h2");
    if (!title) return;
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  }

  more.addEventListener("click", () => openInNetwork());
  document.addEventListener("convlens:picture", ({ detail }) => {
    const ours = subject.source && subject.source !== "chosen" && subject.settled !== subject.picture;
    if (detail.from !== "try" && detail.picture && !ours) choose(detail.picture, false);
  });
  store.on("state", (state) => {
    const ready = Boolean(classes());
    lead.textContent = `Give it a picture it has never seen.${OVER.includes(state.phase) ? "" : " Its answer changes as it learns."}`;
    waiting.hidden = ready;
    body.hidden = !ready;
    if (!ready) rest.hidden = true;
    else if (state.data.input) drawing.setUp(state.data.input, state.data.dark);
  });
  body.hidden = true;
}

const nothing = () => ({ picture: null, source: null, name: "", blob: null, waiting: null, step: null,
                         shows: "", fixed: false, rests: false, settled: null, told: false, lost: false }); // prettier-ignore

/** What the network says: the picture as it was given and as it is seen, the verdict, the bars. */
function answerPart(explain) {
  const none = make("p", { class: "quiet try-none" }, "Draw something, or choose a picture: the answer appears here.");
  const given = make("img", { alt: "The picture as it was given" });
  const got = pixelsFigure();
  const givenFigure = make("figure", {}, given, make("figcaption", {}, "as given"));
  const gotFigure = make("figure", {}, got.image, got.caption);
  const best = make("b");
  const sure = make("span");
  const says = make("p", { class: "try-says" }, best, " ", sure, explain("probability"));
  const truth = make("p", { class: "try-truth", hidden: true });
  const after = make("p", { class: "small" });
  const list = bars();
  const announced = make("p", { class: "hidden", role: "status" });
  const full = make(
    "div",
    { class: "try-full", hidden: true },
    make("div", { class: "try-pictures" }, givenFigure, gotFigure),
    make("div", { class: "try-verdict" }, says, truth),
    make("div", { class: "try-bars" }, list.element, after),
  );
  let address = null;

  function showGiven({ blob, source, name }) {
    const own = blob && source !== "drawn" ? blob : null;
    givenFigure.hidden = !own;
    if (own === address?.blob) return;
    if (address) URL.revokeObjectURL(address.url);
    address = own && { blob: own, url: URL.createObjectURL(own) };
    if (address) given.src = address.url;
    givenFigure.querySelector("figcaption").textContent = name ? `as given: ${name}` : "as given";
  }
  given.addEventListener("error", () => (givenFigure.hidden = true)); // a format that only the studio can read

  return {
    element: make("div", {}, none, full, announced),
    show(about, probabilities, classes, label, phase) {
      const [first] = ordered(probabilities);
      none.hidden = true;
      full.hidden = false;
      showGiven(about);
      got.show(about.picture);
      best.textContent = classes[first];
      sure.textContent = chance(probabilities[first]);
      truth.hidden = label === null;
      if (label !== null) truth.replaceChildren(verdict(first === label), `It is “${classes[label]}”.`);
      list.show(classes, probabilities, label);
      const steps = `after ${count(about.step)} steps`;
      after.textContent = phase === "looking" ? ""
        : about.step === 0 ? "It has not learned anything yet: this is no more than guessing."
        : phase === "training" ? `${steps}, and learning` : steps; // prettier-ignore
    },
    announce: () => (announced.textContent = `It says ${best.textContent}, ${sure.textContent}`),
    clear() {
      none.hidden = false;
      full.hidden = true;
      list.clear();
      announced.textContent = "";
    },
  };
}

/** The picture at the network's size, with that size below it. */
function pixelsFigure() {
  const image = make("img", { class: "pixels", alt: "The picture as the network gets it" });
  const caption = make("figcaption", {}, "as the network gets it");
  let shown = null;
  image.addEventListener("load", () => {
    caption.textContent = `as the network gets it, ${image.naturalWidth}×${image.naturalHeight}`;
  });
  return {
    image,
    caption,
    show(picture) {
      if (picture === shown) return;
      shown = picture;
      image.src = addressOf(picture);
    },
  };
}
