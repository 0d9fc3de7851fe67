/** Questions that are asked again as the network learns, where and while somebody looks. */

import { watch } from "./seen.js";

const SOON = 100;
const LATER = 2000;
const FRAME = 100;

/** Until the browser has drawn; a browser that draws nothing is not waited for. */
function drawn() {
  return new Promise((ready) => {
    setTimeout(ready, FRAME);
    requestAnimationFrame(ready);
  });
}

/** What the network is at: the same text as long as its weights are the same. */
export function weightsOf(state) {
  const run = state?.run;
  if (!run) return state ? `${state.studio}/${state.phase}` : "";
  return [state.studio, run.id, run.revision, run.step, state.phase === "finished"].join("/");
}

/**
 * Ask while `root` can be seen and `due()` says that there is something to ask.
 *
 * `ask(signal)` asks and shows the answer; the next question waits until that is drawn, and `pace`
 * milliseconds. What `ask` throws goes to `failed`, and the next question waits for seconds.
 * Returns `nudge()`, for when something may have become due, and `again()`, which also gives up
 * the question that is under way.
 */
export function asking(root, store, { due, ask, failed, pace = SOON }) {
  let busy = false;
  let calling = null;
  let from = 0;
  let wake = () => {};

  const wanted = () => seen.now && due();

  async function once() {
    calling = new AbortController();
    try {
      await ask(calling.signal);
      from = performance.now() + pace;
      await drawn();
    } catch (fault) {
      if (fault.name === "AbortError") return;
      from = performance.now() + LATER;
      failed(fault);
    }
  }

  async function nudge() {
    if (busy) return;
    busy = true;
    try {
      while (wanted()) {
        await early();
        if (wanted()) await once();
      }
    } finally {
      busy = false;
    }
  }

  function early() {
    return new Promise((ready) => {
      const timer = setTimeout(ready, Math.max(0, from - performance.now()));
      wake = () => {
        clearTimeout(timer);
        ready();
      };
    });
  }

  function again() {
    from = 0;
    wake();
    calling?.abort();
    nudge();
  }

  const seen = watch(root, nudge);
  store.on("state", nudge);
  return { nudge, again };
}
