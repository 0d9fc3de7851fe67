/** How a layer's values are spread: a histogram on a canvas, its extremes in words. */

import { make, number, percent } from "../report/words.js";

const [WIDTH, HEIGHT] = [224, 56];

/** A histogram with its ends and extremes; `draw(stats)` of a view. */
export function histogram(label) {
  const canvas = make("canvas", { class: "histogram", role: "img", "aria-label": label });
  const [low, high] = [make("span"), make("span")];
  const values = ["smallest", "mean", "largest", "zeros"].map((name) => {
    const value = make("dd");
    return { name, value, pair: make("div", {}, make("dt", {}, name), value) };
  });
  let last = null;
  const element = make("div", { class: "spread" },
    make("figure", { title: "Heights are the square roots of the counts, so that few can be seen beside many." },
      canvas, make("figcaption", {}, low, high)),
    make("dl", { class: "extremes" }, ...values.map(({ pair }) => pair)));
  return {
    element,
    draw(stats) {
      last = stats;
      low.textContent = number(stats.low, 3);
      high.textContent = number(stats.high, 3);
      const said = [number(stats.min ?? NaN), number(stats.mean ?? NaN), number(stats.max ?? NaN), percent(stats.zeros ?? 0)];
      values.forEach(({ value }, i) => (value.textContent = said[i]));
      canvas.setAttribute("aria-label", `${label}: from ${said[0]} to ${said[2]}, mean ${said[1]}, ${said[3]} zero`);
      paint(canvas, stats);
    },

    /** Once more, where the colours of the page have changed. */
    again: () => last && paint(canvas, last),
  };
}

function paint(canvas, { histogram: counts, low, high }) {
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== WIDTH * ratio) {
    canvas.width = WIDTH * ratio;
    canvas.height = HEIGHT * ratio;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, WIDTH, HEIGHT);
  const style = getComputedStyle(canvas);
  const tallest = Math.sqrt(Math.max(...counts)) || 1;
  const step = WIDTH / counts.length;
  context.fillStyle = style.color;
  counts.forEach((count, i) => {
    const height = (Math.sqrt(count) / tallest) * (HEIGHT - 2);
    context.fillRect(i * step, HEIGHT - height, step - 1, height);
  });
  if (low >= 0 || high <= 0) return;
  context.strokeStyle = style.outlineColor;
  context.setLineDash([2, 2]);
  const zero = Math.round((-low / (high - low)) * WIDTH) + 0.5;
  context.beginPath();
  context.moveTo(zero, 0);
  context.lineTo(zero, HEIGHT);
  context.stroke();
}
