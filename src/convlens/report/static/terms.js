/** What a value is made of: the same sums as the network's, from the numbers in the page. */

import { array, facts, layers, map, shape, value, whole } from "./volumes.js";

/** Whether all the numbers behind a layer's channel are in the page. */
export function known(name, channel) {
  if (map(name, channel) === null) return false;
  const layer = layers.get(name);
  if (!layer) return true;
  if (!layer.shown.includes(channel)) return false;
  const there = (source, c) => map(source, c) !== null;
  switch (layer.kind) {
    case "conv":
    case "fc":
      return whole(layer.source) && layer.channels.includes(channel);
    case "res":
      return layer.ends.every((end) => there(end, channel));
    case "cat": {
      const from = branchOf(layer, channel);
      return there(from.end, from.channel);
    }
    case "maxout":
      return range(layer.group, channel * layer.group).every((c) => there(layer.source, c));
    case "lrn":
      return neighbours(layer, channel).every((c) => there(layer.source, c));
  }
  return there(layer.source, channel);
}

/** The terms of one value: an object with `kind` and `total`, and what the kind shows. */
export function terms(name, channel, x, y) {
  if (name === "input") return pixel(channel, x, y);
  const layer = layers.get(name);
  return MAKERS[layer.kind](layer, channel, x, y);
}

function pixel(channel, x, y) {
  const mean = facts.input.mean[channel];
  const std = facts.input.std[channel];
  const total = value("input", channel, x, y);
  return { kind: "pixel", level: Math.round((total * std + mean) * 255), mean, std, total };
}

/** Σ inputs · weights + bias; `parts` are the input's channels, each with its share of the sum. */
function products(layer, channel, xs, ys, first, count) {
  const source = shape(layer.source);
  const size = xs.length * ys.length;
  const filter = array(layer.weights);
  const from = layer.channels.indexOf(channel) * count * size;
  const parts = [];
  let sum = 0;
  for (let c = 0; c < count; c++) {
    const plane = map(layer.source, first + c);
    const part = { channel: first + c, inputs: [], weights: [], products: [], sum: 0 };
    ys.forEach((row, i) => {
      xs.forEach((column, j) => {
        const inside = row >= 0 && row < source.height && column >= 0 && column < source.width;
        const input = inside ? plane[row * source.width + column] : null;
        const weight = filter[from + c * size + i * xs.length + j];
        part.inputs.push(input);
        part.weights.push(weight);
        part.products.push((input ?? 0) * weight);
        part.sum += (input ?? 0) * weight;
      });
    });
    sum += part.sum;
    parts.push(part);
  }
  const bias = layer.bias ? array(layer.bias)[channel] : null;
  return { kind: "products", parts, xs, ys, sum, bias, total: sum + (bias ?? 0) };
}

const range = (count, from = 0, step = 1) => Array.from({ length: count }, (_, i) => from + i * step);

function convolution(layer, channel, x, y) {
  const depth = shape(layer.source).depth / layer.groups;
  const first = Math.floor(channel / (layer.depth / layer.groups)) * depth;
  const [width, height] = layer.kernel;
  const [left, top] = layer.pad;
  const xs = range(width, x * layer.stride - left, layer.dilation);
  const ys = range(height, y * layer.stride - top, layer.dilation);
  return products(layer, channel, xs, ys, first, depth);
}

function connected(layer, channel) {
  const source = shape(layer.source);
  return products(layer, channel, range(source.width), range(source.height), 0, source.depth);
}

function pooled(layer, channel, x, y) {
  const source = shape(layer.source);
  const [width, height] = layer.kernel ?? [source.width, source.height];
  const [left, top] = layer.pad ?? [0, 0];
  const xs = range(width, x * (layer.stride ?? 1) - left);
  const ys = range(height, y * (layer.stride ?? 1) - top);
  const plane = map(layer.source, channel);
  const inputs = ys.flatMap((row) =>
    xs.map((column) => {
      const inside = row >= 0 && row < source.height && column >= 0 && column < source.width;
      return inside ? plane[row * source.width + column] : null;
    }),
  );
  const seen = inputs.filter((input) => input !== null);
  let total = seen.reduce((most, input) => Math.max(most, input), -Infinity);
  if (layer.mode === "avg") total = seen.reduce((sum, input) => sum + input, 0) / seen.length;
  if (layer.mode === "l2") total = Math.sqrt(seen.reduce((sum, input) => sum + input * input, 0));
  const at = inputs.indexOf(total);
  const winner = layer.mode === "max" ? [xs[at % xs.length], ys[Math.floor(at / xs.length)]] : null;
  return { kind: "window", mode: layer.mode, inputs, xs, ys, winner, total };
}

function pointwise(layer, channel, x, y) {
  const input = value(layer.source, channel, x, y);
  return { kind: "pointwise", value: input, formula: layer.formula, total: FUNCTIONS[layer.function](input) };
}

function normalised(layer, channel, x, y) {
  const input = value(layer.source, channel, x, y);
  const [mean, variance, scale, shift] = ["mean", "variance", "scale", "shift"].map(
    (part) => array(layer[part])[channel],
  );
  const standard = (input - mean) / Math.sqrt(variance + layer.epsilon);
  const total = standard * scale + shift;
  return { kind: "normalised", value: input, mean, variance, epsilon: layer.epsilon, scale, shift, standard, total };
}

/** The channels that a local response norm divides by. */
function neighbours(layer, channel) {
  const first = Math.max(0, channel - Math.floor(layer.n / 2));
  const last = Math.min(layer.depth - 1, channel + Math.floor((layer.n - 1) / 2));
  return range(last - first + 1, first);
}

function responseNorm(layer, channel, x, y) {
  const input = value(layer.source, channel, x, y);
  const around = neighbours(layer, channel).map((c) => value(layer.source, c, x, y));
  const squares = around.reduce((sum, one) => sum + one * one, 0);
  const divisor = (layer.k + (layer.alpha / layer.n) * squares) ** layer.beta;
  return { kind: "response", value: input, neighbours: around, divisor, total: input / divisor };
}

function largest(layer, channel, x, y) {
  const first = channel * layer.group;
  const inputs = range(layer.group, first).map((c) => value(layer.source, c, x, y));
  const total = Math.max(...inputs);
  return { kind: "largest", inputs, first, winner: first + inputs.indexOf(total), total };
}

function sum(layer, channel, x, y) {
  const [body, shortcut] = layer.ends.map((end) => value(end, channel, x, y));
  return { kind: "sum", body, shortcut, ends: layer.ends, total: body + shortcut };
}

/** In which branch of a CAT a channel lies, and there in which channel. */
export function branchOf(layer, channel) {
  let branch = 0;
  let own = channel;
  while (own >= shape(layer.ends[branch]).depth) own -= shape(layer.ends[branch++]).depth;
  return { branch, channel: own, end: layer.ends[branch] };
}

function joined(layer, channel, x, y) {
  const from = branchOf(layer, channel);
  return { kind: "joined", ...from, total: value(from.end, from.channel, x, y) };
}

const MAKERS = {
  conv: convolution,
  fc: connected,
  pool: pooled,
  activation: pointwise,
  bn: normalised,
  lrn: responseNorm,
  maxout: largest,
  res: sum,
  cat: joined,
};

/** The error function, to the last digits of a double: its series, or its continued fraction. */
function erf(x) {
  const size = Math.abs(x);
  if (size > 3) {
    let fraction = 0;
    for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
    const tail = Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction);
    return Math.sign(x) * (1 - tail);
  }
  let term = x;
  let total = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

const FUNCTIONS = {
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  leaky: (x) => (x > 0 ? x : facts.leaky * x),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  silu: (x) => x * sigmoid(x),
  sigmoid,
  tanh: Math.tanh,
  same: (x) => x,
};
