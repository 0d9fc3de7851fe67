/** Why this class: which pixels of the picture its score hangs on. */

import { make, number } from "../report/words.js";
import { asking, weightsOf } from "./asking.js";
import { chance } from "./bars.js";
import { faultLine } from "./fault.js";
import { count } from "./say.js";
import { coloured } from "./shades.js";
import { addressOf } from "./thumbs.js";

const METHODS = {
  integrated: {
    name: "Integrated gradients",
    means: "Orange pixels speak for {class}, blue ones against it: each has its share of the difference between the score of this picture and that of the mean picture.",
    not: "It does not say which things the network recognised, nor that it would be right to trust them: a background that always comes with a class is coloured just as well.",
  },
  gradient: {
    name: "Gradient",
    means: "The brighter a pixel, the more a small change of it would change the score of {class}, up or down.",
    not: "It does not say whether the pixel speaks for the class or against it, nor what a large change would do; single bright pixels are often noise.",
  },
  gradcam: {
    name: "Grad-CAM",
    means: "Bright areas are where the last maps that still have a width and height speak for {class}.",
    not: "It is as coarse as those maps, and says nothing of what speaks against the class. Where fully connected layers follow, it is only a mean.",
  },
  occlusion: {
    name: "Occlusion",
    means: "Orange: the score of {class} falls when a patch here is hidden; blue: it rises. Nothing is approximated: the patches were really hidden.",
    not: "It does not say what happens when two places are hidden at once, and a grey patch is itself something the network never saw.",
  },
};

const COVER = 0.85; // of the picture at the strongest colour
const LONGEST = 320;
const SHOWN = 0.985; // the share of pixels below the end of the colours: a few bright ones would hide the rest

/**
 * `{element, look(picture)}`: saliency for a chosen class and method.
 *
 * It is worked out when asked for; from then on also for each next picture and after each pause
 * of the learning, never while the network learns.
 */
export function why({ api, store, explain }) {
  const ofClass = make("select", { "aria-label": "Why this class" });
  const method = make("select", { "aria-label": "Method" });
  for (const [value, { name }] of Object.entries(METHODS)) method.append(make("option", { value }, name));
  const button = make("button", { type: "button", class: "plain" }, "Show why");
  const trouble = faultLine();
  const picture = make("canvas", { class: "pixels why-map", role: "img", hidden: true });
  const told = make("div", { class: "why-told" });
  const element = make(
    "div",
    { class: "why" },
    make("h3", {}, "Why?", explain("saliency")),
    make("div", { class: "row" }, make("span", { "aria-hidden": "true" }, "Why"), ofClass,
         make("span", { "aria-hidden": "true" }, "by"), method, button), // prettier-ignore
    trouble.element,
    make("div", { class: "why-figure" }, picture, told),
  );
  let looked = null;
  let classes = [];
  let followed = false;
  let pressed = false;
  let shows = "";

  const key = () => [weightsOf(store.state), looked, ofClass.value, method.value].join("/");
  const learning = () => store.state?.phase === "training";

  const questions = asking(element, store, {
    due: () => Boolean(looked) && (pressed || (followed && !learning() && shows !== key())),
    ask,
    failed(fault) {
      pressed = false;
      shows = key();
      trouble.show(fault);
    },
    pace: 300,
  });

  async function ask(signal) {
    const asked = key();
    const [seen, way] = [looked, method.value];
    button.disabled = true;
    element.setAttribute("aria-busy", "true");
    try {
      const chosen = ofClass.value === "" ? "" : `&class=${ofClass.value}`;
      const path = `why?picture=${encodeURIComponent(seen)}${chosen}&method=${way}`;
      const answer = await api.binary(path, { signal });
      const scale = scaleOf(answer.block("map"));
      await draw(picture, addressOf(seen), answer, scale, signal);
      [pressed, followed, shows] = [false, true, asked];
      tell(answer.json, way, scale);
      trouble.clear();
    } finally {
      button.disabled = false;
      element.removeAttribute("aria-busy");
    }
  }

  function tell(json, way, scale) {
    const name = classes[json.class] ?? String(json.class);
    const { means, not } = METHODS[way];
    const signed = json.low < 0;
    picture.hidden = false;
    picture.setAttribute("aria-label", `The picture, coloured by ${METHODS[way].name} for ${name}`);
    told.replaceChildren(
      make("p", { class: "why-class" }, make("b", {}, name), ` – ${chance(json.probability)}`),
      make("p", {}, means.replace("{class}", () => `“${name}”`)),
      make("p", { class: "quiet" }, not),
      legend(scale, signed),
      make("p", { class: "small" }, store.state.phase === "looking" ? "" : `Worked out after ${count(json.step)} steps.`, old),
    );
    mark();
  }

  const old = make("span", { class: "why-old", hidden: true }, " The network has learned on since.");
  const mark = () => (old.hidden = !shows || shows.split("/").slice(0, -3).join("/") === weightsOf(store.state));
  store.on("state", mark);

  button.addEventListener("click", () => {
    pressed = true;
    questions.again();
  });
  for (const field of [ofClass, method]) {
    field.addEventListener("change", () => {
      if (!followed) return;
      pressed = true;
      questions.again();
    });
  }

  store.on("state", ({ data }) => {
    if (data && data.classes.join("\n") !== classes.join("\n")) setClasses(data.classes);
  });

  return {
    element,
    look(newer) {
      if (newer === looked) return;
      looked = newer;
      button.disabled = !newer;
      picture.hidden = true;
      told.replaceChildren();
      trouble.clear();
      questions.again();
    },
  };

  function setClasses(names) {
    classes = names;
    const kept = ofClass.value;
    const options = names.map((name, i) => make("option", { value: String(i) }, name));
    ofClass.replaceChildren(make("option", { value: "" }, "the likeliest class"), ...options);
    if (Number(kept) < names.length) ofClass.value = kept;
  }
}

/** The size of a value at which the colours end. */
function scaleOf(map) {
  const sizes = Float32Array.from(map, Math.abs).sort();
  return sizes[Math.floor(SHOWN * (sizes.length - 1))] || sizes.at(-1) || 1;
}

/** Draw the picture in grey with the map's colours over it. */
async function draw(canvas, address, answer, scale, signal) {
  const { width, height, low } = answer.json;
  const map = answer.block("map");
  const image = new Image();
  image.src = address;
  await image.decode();
  if (signal.aborted) return;
  const zoom = Math.max(1, Math.floor(LONGEST / Math.max(width, height)));
  [canvas.width, canvas.height] = [width * zoom, height * zoom];
  const colours = coloured(map, width, height, scale, low < 0);
  for (let i = 0; i < width * height; i++) {
    colours.data[4 * i + 3] = 255 * COVER * Math.min(1, Math.abs(map[i]) / scale) ** 0.5;
  }
  const over = make("canvas", { width, height });
  over.getContext("2d").putImageData(colours, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.filter = "grayscale(1)";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  context.filter = "none";
  context.drawImage(over, 0, 0, canvas.width, canvas.height);
}

/** The colours with the values at their ends. */
function legend(scale, signed) {
  const canvas = make("canvas", { width: 128, height: 1, class: "why-colours", "aria-hidden": "true" });
  const ramp = Float32Array.from({ length: 128 }, (_, i) => (signed ? i / 63.5 - 1 : i / 127));
  canvas.getContext("2d").putImageData(coloured(ramp, 128, 1, 1, signed), 0, 0);
  return make("p", { class: "why-legend" }, signed ? number(-scale, 2) : "0", canvas, `${number(scale, 2)} or more`);
}
