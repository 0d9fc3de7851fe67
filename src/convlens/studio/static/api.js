/** Questions and commands to the server. Addresses are relative: the page's own holds the token. */

import { store } from "./store.js";
import { waiting } from "./waiting.js";

/** What the server refused, in its words. */
export class Fault extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.hint = error.hint || "";
    this.document = error;
  }
}

const KEPT = 10000; // ms that a browser has for saving what it was given
const GONE = { message: "the studio does not answer", hint: "see the terminal it was started in" };

/** What is asked of a network: where there is none, nobody is asked in vain. */
const OF_A_NETWORK = /^(view|predict|look|why|pictures|test\/|download\/)/;
const HELD = /[?&]seen=/; // answered when there is something new: nobody sits and waits for that
const SOON = { message: "the pictures are still being read", hint: "wait a moment" };
const [NOT_YET, NOBODY] = [409, 503];

async function asked(path, options = {}) {
  if (store.state && !store.asks && OF_A_NETWORK.test(path)) {
    const { error } = store.state;
    throw new Fault(error ? NOBODY : NOT_YET, error ?? SOON);
  }
  const answered = OF_A_NETWORK.test(path) && !HELD.test(path) ? waiting() : () => {};
  let answer;
  try {
    answer = await fetch(`api/${path}`, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Fault(0, GONE);
  } finally {
    answered();
  }
  if (answer.ok) return answer;
  let told = {};
  try {
    told = await answer.json();
  } catch {
    // not one of our answers
  }
  throw new Fault(answer.status, told.error || { message: `the studio answers ${answer.status}` });
}

/** JSON from `api/<path>`. */
export const get = async (path, options) => (await asked(path, options)).json();

/** Send a command with its values as JSON; the JSON that comes back. */
export const post = async (path, body = {}) =>
  (
    await asked(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    })
  ).json();

/** Send the bytes of a file or blob; the JSON that comes back. */
export const send = async (path, blob, type = "application/octet-stream") =>
  (await asked(path, { method: "POST", headers: { "Content-Type": type }, body: blob })).json();

const NAMES = [/filename\*=UTF-8''([^;]+)/i, /filename="([^"]+)"/i];

/** The name that an answer's file goes by, if it has one. */
function nameOf(answer) {
  const told = answer.headers.get("Content-Disposition") ?? "";
  const [coded, plain] = NAMES.map((pattern) => pattern.exec(told)?.[1]);
  return coded ? decodeURIComponent(coded) : plain;
}

/** Let the browser save what `api/<path>` answers, under the name that the server gives it. */
export async function download(path) {
  const answer = await asked(path);
  save(await answer.blob(), nameOf(answer) ?? path.replaceAll("/", "-"));
}

/** Let the browser save a blob under a name. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}

/** A binary answer: its JSON, and its blocks of numbers by name (undefined where one is absent). */
export async function binary(path, options) {
  const bytes = await (await asked(path, options)).arrayBuffer();
  const length = new DataView(bytes).getUint32(0, true);
  const json = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  const begin = 8 + Math.ceil(length / 4) * 4;
  const block = (name) => {
    const place = json.blocks?.[name];
    if (!place) return undefined;
    const size = place.shape.reduce((product, side) => product * side, 1);
    return new Float32Array(bytes, begin + 4 * place.at, size);
  };
  return { json, block };
}
