/** Which pixels a value depends on, followed backwards as sets of columns, rows and channels. */

import { layers, shape } from "./volumes.js";

/** The smallest box of pixels [left, top, right, bottom] that holds them; right, bottom excluded. */
export function field(name, channel, x, y) {
  const seen = { columns: new Set(), rows: new Set() };
  gather(name, { columns: new Set([x]), rows: new Set([y]), channels: new Set([channel]) }, seen);
  if (!seen.columns.size || !seen.rows.size) return [0, 0, 0, 0];
  const [columns, rows] = [[...seen.columns], [...seen.rows]];
  return [Math.min(...columns), Math.min(...rows), Math.max(...columns) + 1, Math.max(...rows) + 1];
}

const all = (count) => new Set(Array(count).keys());
const empty = (cells) => !cells.columns.size || !cells.rows.size || !cells.channels.size;

/** Follow cells of a layer's output to pixels, along the chain and into every branch. */
function gather(name, cells, seen) {
  if (empty(cells)) return;
  if (name === "input") {
    cells.columns.forEach((column) => seen.columns.add(column));
    cells.rows.forEach((row) => seen.rows.add(row));
    return;
  }
  const layer = layers.get(name);
  if (layer.kind === "res") {
    layer.ends.forEach((end) => gather(end, cells, seen));
  } else if (layer.kind === "cat") {
    let first = 0;
    for (const end of layer.ends) {
      const depth = shape(end).depth;
      const own = [...cells.channels].map((c) => c - first).filter((c) => c >= 0 && c < depth);
      gather(end, { ...cells, channels: new Set(own) }, seen);
      first += depth;
    }
  } else {
    gather(layer.source, needed(layer, cells), seen);
  }
}

function needed(layer, cells) {
  const source = shape(layer.source);
  const whole = { columns: all(source.width), rows: all(source.height), channels: all(source.depth) };
  const { columns, rows, channels } = cells;
  switch (layer.kind) {
    case "fc":
      return whole;
    case "conv":
    case "pool":
      if (!layer.kernel) return { ...whole, channels };
      return {
        columns: reach(columns, layer, 0, source.width),
        rows: reach(rows, layer, 1, source.height),
        channels: layer.kind === "conv" ? ofGroups(layer, channels, source.depth) : channels,
      };
    case "maxout":
      return { ...cells, channels: spread(channels, (c) => [c * layer.group, (c + 1) * layer.group]) };
    case "lrn": {
      const [before, behind] = [Math.floor(layer.n / 2), Math.floor((layer.n - 1) / 2)];
      const near = (c) => [Math.max(0, c - before), Math.min(layer.depth, c + behind + 1)];
      return { ...cells, channels: spread(channels, near) };
    }
  }
  return cells;
}

/** Along one axis, the cells of the input that lie under the windows of `cells`. */
function reach(cells, layer, axis, size) {
  const found = new Set();
  for (const cell of cells) {
    for (let k = 0; k < layer.kernel[axis]; k++) {
      const at = cell * layer.stride - layer.pad[axis] + k * (layer.dilation ?? 1);
      if (at >= 0 && at < size) found.add(at);
    }
  }
  return found;
}

function ofGroups(layer, channels, depth) {
  const [share, own] = [depth / layer.groups, layer.depth / layer.groups];
  return spread(channels, (c) => {
    const group = Math.floor(c / own);
    return [group * share, (group + 1) * share];
  });
}

function spread(channels, ends) {
  const found = new Set();
  for (const channel of channels) {
    const [from, to] = ends(channel);
    for (let c = from; c < to; c++) found.add(c);
  }
  return found;
}
