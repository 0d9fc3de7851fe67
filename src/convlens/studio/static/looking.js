/** Which picture is looked at, and of which class the gradients are: one choice for the whole page. */

import { kept } from "./kept.js";

/** Where a picture lies, as the network gets it. */
export const address = (picture) => `api/picture/${encodeURIComponent(picture)}.png`;

/**
 * The choice: `picture` (a reference, null before there is one), `label` (index of the class that
 * gradients are of, null for the picture's own). `on(listener)` hears of every change.
 */
export function looking() {
  const listeners = new Set();
  const memory = kept("convlens-looking");
  const last = memory.recall();
  let at = last?.studio ?? null; // the studio that the picture was looked at in
  const choice = {
    picture: last?.picture ?? null,
    label: last?.label ?? null,

    /** Let go of a picture that is not here: of other data, or given to a studio before this one. */
    gone({ studio, data }) {
      if (!data) return false;
      const [part, number] = choice.picture?.split(":") ?? [];
      const here = !part || (part === "upload" ? at === studio : Number(number) < (data[part] ?? 0));
      at = studio;
      if (!here) set({ picture: null });
      return !here;
    },

    /** Call `listener` at every change; returns what ends that. */
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** Look at another picture; the other regions of the page are told. */
    choose(picture) {
      if (picture === choice.picture) return;
      set({ picture });
      document.dispatchEvent(new CustomEvent("convlens:picture", { detail: { picture, from: "network" } }));
    },

    /** Take gradients of a class, or of the picture's own for null. */
    of: (label) => set({ label }),
  };

  function set(change) {
    Object.assign(choice, change);
    memory.keep({ picture: choice.picture, label: choice.label, studio: at });
    for (const listener of listeners) listener(choice);
  }

  document.addEventListener("convlens:picture", ({ detail }) => {
    if (detail.from === "network" || !detail.picture || detail.picture === choice.picture) return;
    set({ picture: detail.picture });
  });
  return choice;
}
