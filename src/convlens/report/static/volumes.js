/** The numbers at hand: a network's weights and one picture's volumes, from wherever they came. */

/** What is known of the network, its layers in reading order, the pictures. */
export const facts = {};

/** The layers by name. */
export const layers = new Map();

let weights = new Float32Array(0);
let values = new Float32Array(0);
let held = {};

/** Take a network's facts, in place of those before. */
export function tell(told) {
  for (const key of Object.keys(facts)) delete facts[key];
  Object.assign(facts, told);
  layers.clear();
  for (const layer of facts.layers) layers.set(layer.name, layer);
}

/** Take numbers: the network's weights, a picture's values, and where in these each volume lies. */
export function hold(numbers) {
  weights = numbers.weights;
  values = numbers.values;
  held = numbers.volumes;
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

/** Whether every channel of a layer's output came. */
export const whole = (name) => Boolean(held[name]) && !held[name].channels;

/** Width, height and depth of a layer's output, or of the input. */
export const shape = (name) => (name === "input" ? facts.input : layers.get(name));

/** One value, or undefined where its map did not come. */
export function value(name, channel, x, y) {
  const found = map(name, channel);
  return found === null ? undefined : found[y * shape(name).width + x];
}
