/** The numbers that came with the page: the network's weights and each picture's volumes. */

/** What the page was told: the network, its layers in reading order, the pictures. */
export const facts = JSON.parse(document.getElementById("facts").textContent);

/** The layers by name. */
export const layers = new Map(facts.layers.map((layer) => [layer.name, layer]));

const blocks = new Map();

/** A block of 32-bit numbers, unpacked at first use. */
async function block(id) {
  if (!blocks.has(id)) blocks.set(id, unpack(document.getElementById(id).textContent));
  return blocks.get(id);
}

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const planes = bytes.length / 4;
  const whole = new Uint8Array(bytes.length);
  for (let plane = 0; plane < 4; plane++) {
    for (let i = 0; i < planes; i++) whole[4 * i + plane] = bytes[plane * planes + i];
  }
  return new Float32Array(whole.buffer);
}

let weights = new Float32Array(0);
let values = new Float32Array(0);
let held = {};

/** Unpack the network's block, and that of the picture with this number, or of none. */
export async function turnTo(number) {
  weights = await block("weights");
  const picture = facts.pictures[number];
  values = picture ? await block(picture.block) : new Float32Array(0);
  held = picture ? picture.volumes : {};
}

/** An array among the weights. */
export const array = (at) => weights.subarray(at[0], at[0] + at[1]);

/** The map (a view of width · height numbers) of a layer's channel; null where it did not come. */
export function map(name, channel) {
  const volume = held[name];
  if (!volume) return null;
  const place = volume.channels ? volume.channels.indexOf(channel) : channel;
  const size = shape(name).width * shape(name).height;
  if (place < 0) return null;
  return values.subarray(volume.at + place * size, volume.at + (place + 1) * size);
}

/** Whether every channel of a layer's output came with the page. */
export const whole = (name) => Boolean(held[name]) && !held[name].channels;

/** Width, height and depth of a layer's output, or of the input. */
export const shape = (name) => (name === "input" ? facts.input : layers.get(name));

/** One value, or undefined where its map did not come. */
export function value(name, channel, x, y) {
  const found = map(name, channel);
  return found === null ? undefined : found[y * shape(name).width + x];
}
