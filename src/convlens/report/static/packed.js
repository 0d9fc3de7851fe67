/** The numbers that came with the page, unpacked. */

import { facts, hold, tell } from "./volumes.js";

tell(JSON.parse(document.getElementById("facts").textContent));

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

/** Unpack the network's block and that of the picture with this number, and show these. */
export async function turnTo(number) {
  const { block: id, volumes } = facts.pictures[number];
  hold({ weights: await block("weights"), values: await block(id), volumes });
  facts.shown = number;
}
