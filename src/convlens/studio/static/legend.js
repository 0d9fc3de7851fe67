/** Which colour means which value: a strip of the scale's colours and its ends. */

import { make, number } from "../report/words.js";
import { shade } from "./colours.js";

const STEPS = 96;
const LAST = {
  signed: "light grey is zero",
  rising: "",
  coloured: "in red, green and blue each; mid-grey is zero",
};

/** A legend; `draw(scale, kind)` sets it to a scale: "signed", "rising", or "coloured". */
export function legend() {
  const canvas = make("canvas", { width: STEPS, height: 1, "aria-hidden": "true" });
  const ends = [make("span"), make("span"), make("span")];
  const element = make("p", { class: "legendstrip" },
    make("span", { class: "hidden" }, "Colours: "), ends[0], canvas, ends[1], ends[2]);
  let drawn = null;
  return {
    element,
    draw(scale, kind) {
      const signed = kind !== "rising";
      canvas.hidden = kind === "coloured";
      ends[0].textContent = signed ? `${number(-scale, 3)}${kind === "coloured" ? " to" : ""}` : "0";
      ends[1].textContent = number(scale, 3);
      ends[2].textContent = LAST[kind];
      if (drawn === kind || canvas.hidden) return;
      drawn = kind;
      const context = canvas.getContext("2d");
      const image = context.createImageData(STEPS, 1);
      const pixels = new Int32Array(image.data.buffer);
      const colour = shade(1, signed);
      for (let i = 0; i < STEPS; i++) pixels[i] = colour(signed ? (2 * i) / (STEPS - 1) - 1 : i / (STEPS - 1));
      context.putImageData(image, 0, 0);
    },
  };
}
