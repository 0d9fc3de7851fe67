/** Terms and steps as elements: grids of inputs × weights = products, formulas, and where to go. */

import { channelName } from "./maps.js";
import { colour, draw } from "./paint.js";
import { known } from "./terms.js";
import { facts, layers, shape } from "./volumes.js";
import { make, number } from "./words.js";

const MOST_PARTS = 4;
const MOST_CELLS = 49;
const MOST_SINGLE = 10;

/** How a value comes about, in a line. */
export function sentence(found) {
  const { terms } = found;
  if (!terms) return "what it is made of is too large for this page.";
  const source = layers.get(found.name)?.source;
  return SENTENCES[terms.kind](terms, source);
}

const n = number;
const HOW = { max: "the largest", avg: "the mean", l2: "the L2 norm" };

const SENTENCES = {
  pixel: (t) => `the pixel’s level ${t.level} of 255: (${t.level}/255 − ${n(t.mean)}) / ${n(t.std)} = ${n(t.total)}.`,
  products: (t, source) => {
    const count = t.parts.reduce((sum, part) => sum + part.products.length, 0);
    const bias = t.bias === null ? "" : ` + bias ${n(t.bias)}`;
    return `the sum of ${count} products of ${source}: ${n(t.sum)}${bias} = ${n(t.total)}.`;
  },
  window: (t, source) => {
    const where = t.winner ? `, at x ${t.winner[0]}, y ${t.winner[1]}` : "";
    const count = t.inputs.filter((input) => input !== null).length;
    return `${HOW[t.mode]} of ${count} values of ${source}${where}: ${n(t.total)}.`;
  },
  pointwise: (t) => (t.formula === "x" ? `passed on as it is: ${n(t.total)}.` : `${t.formula} at x = ${n(t.value)} is ${n(t.total)}.`),
  normalised: (t) =>
    `(${n(t.value)} − mean ${n(t.mean)}) / √(variance ${n(t.variance)} + ${n(t.epsilon)}) · ${n(t.scale)} + ${n(t.shift)} = ${n(t.total)}.`,
  response: (t) => `${n(t.value)} / ${n(t.divisor)} = ${n(t.total)}: divided by the strength of ${t.neighbours.length} channels.`,
  largest: (t) => `the largest of ${t.inputs.length} channels, ${t.winner}: ${n(t.total)}.`,
  sum: (t) => `${t.ends[0]} ${n(t.body)} + ${t.ends[1]} ${n(t.shortcut)} = ${n(t.total)}.`,
  joined: (t) => `channel ${t.channel} of ${t.end}, in branch ${t.branch + 1}: ${n(t.total)}.`,
};

/** All that is said of a value; `lead` goes to another cell. */
export function shown(found, lead) {
  const parts = [make("p", { class: "sentence" }, sentence(found))];
  const source = layers.get(found.name)?.source;
  if (found.terms?.kind === "products") parts.push(...products(found.terms, source, lead));
  else if (found.terms?.kind === "window") parts.push(pooled(found, source, lead));
  else if (found.terms) parts.push(...origins(found, source, lead));
  parts.push(make("h5", {}, "What becomes of it"), behind(found, lead));
  return parts;
}

function products(terms, source, lead) {
  const order = [...terms.parts].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  const cells = terms.xs.length * terms.ys.length;
  if (cells === 1) return [singles(terms, source, lead)];
  const parts = order.slice(0, MOST_PARTS).map((part) => factor(part, terms, source, lead, cells <= MOST_CELLS));
  const rest = order.slice(MOST_PARTS);
  if (rest.length) {
    const sum = rest.reduce((total, part) => total + part.sum, 0);
    const list = rest.map((part) => make("li", {}, `${source} ${part.channel}: ${n(part.sum)}`));
    parts.push(
      make("details", { class: "rest" },
        make("summary", {}, `The other ${rest.length} channels sum to ${n(sum)}`),
        make("ul", { class: "sums" }, ...list)),
    );
  }
  if (cells > MOST_CELLS) parts.unshift(singles(terms, source, lead));
  const sums = [n(terms.sum), terms.bias === null ? null : `bias ${n(terms.bias)}`].filter(Boolean).join(" + ");
  parts.push(make("p", { class: "total" }, `All products ${sums} = `, make("b", {}, n(terms.total))));
  return parts;
}

/** One input channel: patch × filter = products. */
function factor(part, terms, source, lead, inNumbers) {
  const scales = [part.inputs, part.weights, part.products].map(largest);
  const grid = inNumbers ? numbers : dots;
  return make("div", { class: "factor" },
    make("p", { class: "small" }, `${called(source, part.channel)} gives ${n(part.sum)}`),
    make("div", { class: "grids" },
      grid("inputs", part.inputs, terms, scales[0], (x, y) => to(source, part.channel, x, y, lead)),
      make("span", { class: "sign", "aria-label": "times" }, "×"),
      grid("weights", part.weights, terms, scales[1], null),
      make("span", { class: "sign", "aria-label": "equals" }, "="),
      grid("products", part.products, terms, scales[2], null)));
}

function called(source, channel) {
  if (source !== "input") return `${source}, channel ${channel}`;
  return shape("input").depth === 3 ? `the picture’s ${["red", "green", "blue"][channel]}` : "the picture";
}

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0) || 1;

/** Whether one can go to a channel: its numbers are here, or can be asked for. */
const reachable = (name, channel) => facts.asks || known(name, channel);

/** What a click on a source's cell does, or null where its own arithmetic is not in the page. */
function to(source, channel, x, y, lead) {
  if (x < 0 || y < 0 || x >= shape(source).width || y >= shape(source).height) return null;
  return reachable(source, channel) ? () => lead({ name: source, channel, x, y }) : null;
}

function numbers(name, values, { xs, ys }, scale, leads) {
  const rows = ys.map((y, i) =>
    make("tr", {}, ...xs.map((x, j) => {
      const value = values[i * xs.length + j];
      const cell = make("td", { class: value === null ? "outside" : "" });
      if (value !== null) tint(cell, value, scale);
      const text = value === null ? "0" : short(value, scale);
      const go = value !== null && leads ? leads(x, y) : null;
      if (go) {
        const button = make("button", { type: "button", title: `x ${x}, y ${y}: ${n(value)}` }, text);
        button.addEventListener("click", go);
        cell.append(button);
      } else {
        cell.append(text);
        cell.title = value === null ? "padding" : `x ${x}, y ${y}: ${n(value)}`;
      }
      return cell;
    })),
  );
  return make("table", { class: "grid" }, make("caption", {}, name), make("tbody", {}, ...rows));
}

function tint(cell, value, scale) {
  const [red, green, blue] = colour(value, scale, true);
  cell.style.backgroundColor = `rgb(${red} ${green} ${blue})`;
  cell.style.color = luminance(red, green, blue) > 0.179 ? "#000" : "#fff";
}

/** Relative luminance, 0 to 1, as WCAG 2 defines it: above 0.179 black is read better than white. */
function luminance(...levels) {
  const linear = levels.map((level) => {
    const share = level / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

/** A value in few letters, beside others of which the largest has the size `scale`. */
function short(value, scale) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (scale < 0.05) return value.toExponential(0).replaceAll("-", "−");
  if (size < 0.005) return "0.00";
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2).replace("-", "−");
}

function dots(name, values, { xs, ys }, scale) {
  const canvas = make("canvas", { role: "img", "aria-label": `${name}, ${xs.length} by ${ys.length}` });
  draw(canvas, values, xs.length, ys.length, scale, true);
  return make("figure", { class: "dots" }, canvas, make("figcaption", {}, name));
}

/** The largest products one by one: of a unit, or of a filter too large for numbers. */
function singles(terms, source, lead) {
  const { xs, ys } = terms;
  const all = terms.parts.flatMap((part) =>
    part.products.map((product, i) => ({
      channel: part.channel, x: xs[i % xs.length], y: ys[Math.floor(i / xs.length)],
      input: part.inputs[i], weight: part.weights[i], product,
    })));
  all.sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const flat = shape(source).width * shape(source).height === 1;
  const rows = all.slice(0, MOST_SINGLE).map((one) => {
    const where = flat ? called(source, one.channel) : `${called(source, one.channel)}, x ${one.x}, y ${one.y}`;
    const go = to(source, one.channel, one.x, one.y, lead);
    return make("tr", {}, make("th", { scope: "row" }, go ? link(where, go) : where),
      make("td", {}, n(one.input ?? 0)), make("td", {}, n(one.weight)), make("td", {}, n(one.product)));
  });
  const rest = all.slice(MOST_SINGLE).reduce((sum, one) => sum + one.product, 0);
  if (all.length > MOST_SINGLE) {
    rows.push(make("tr", {}, make("th", { scope: "row" }, `the other ${all.length - MOST_SINGLE}`),
      make("td"), make("td"), make("td", {}, n(rest))));
  }
  const head = ["from", "value", "× weight", "= product"].map((word) => make("th", { scope: "col" }, word));
  return make("div", { class: "overflow" }, make("table", { class: "singles" },
    make("caption", {}, "The largest products"),
    make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
}

function link(text, go) {
  const button = make("button", { type: "button", class: "link" }, text);
  button.addEventListener("click", go);
  return button;
}

function pooled(found, source, lead) {
  const { terms } = found;
  const leads = (x, y) => to(source, found.channel, x, y, lead);
  const scale = largest(terms.inputs);
  if (terms.inputs.length > 4 * MOST_CELLS) return dots("the window", terms.inputs, terms, scale);
  const table = numbers(`the window in ${source}`, terms.inputs, terms, scale, leads);
  if (terms.winner) {
    const [x, y] = terms.winner;
    table.rows[terms.ys.indexOf(y)].cells[terms.xs.indexOf(x)].classList.add("winner");
  }
  return make("div", { class: "grids" }, table);
}

/** Where a value that is made of one or two others can be followed back to. */
function origins(found, source, lead) {
  const { terms } = found;
  let places = [[source, found.channel]];
  if (terms.kind === "pixel") places = [];
  if (terms.kind === "sum") places = terms.ends.map((end) => [end, found.channel]);
  if (terms.kind === "joined") places = [[terms.end, terms.channel]];
  if (terms.kind === "largest") places = terms.inputs.map((_, i) => [source, terms.first + i]);
  const links = places
    .filter(([name, channel]) => reachable(name, channel))
    .map(([name, channel]) => make("li", {},
      link(`look at ${called(name, channel)}`, () => lead({ name, channel, x: found.x, y: found.y }))));
  return links.length ? [make("ul", { class: "links" }, ...links)] : [];
}

function behind(found, lead) {
  const list = make("ol", { class: "steps" });
  for (const step of found.steps) {
    const flat = shape(step.name).width * shape(step.name).height === 1;
    const at = flat ? channelName(step.name, step.channel) : `x ${step.x}, y ${step.y}`;
    const text = step.terms ? sentence({ name: step.name, terms: step.terms }) : n(step.value);
    const won = step.won === null ? "" : step.won ? " This value is it." : " Another value is it.";
    const many = step.windows > 1 ? ` (${step.windows} windows hold it)` : "";
    list.append(make("li", {},
      link(`${step.name} (${at})`, () => lead({ name: step.name, channel: step.channel, x: step.x, y: step.y })),
      `: ${text}${won}${many}`));
  }
  const end = found.ends === "the end of the network" ? ending(found) : `${found.ends}.`;
  list.append(make("li", { class: "end" }, end));
  return list;
}

/** At the network's end: the score becomes a probability. */
function ending(found) {
  const last = found.steps.at(-1) ?? found;
  const row = facts.pictures[facts.shown]?.answers?.[last.channel];
  if (!row) return "the end of the network.";
  const { temperature } = facts;
  return `a score of ${facts.classes[last.channel]}: divided by the temperature ${n(temperature)} it is ${n(row.scaled)}; e to that, over the sum for all classes, is ${row.probability}.`;
}

