/** The network that runs, as the server reads it: its layers, volumes and counts. */

/** Follows the state; `on(listener)` hears {run, reading} of every new run, or null without one. */
export function running({ api, store }) {
  const listeners = new Set();
  let known = null;
  let asked = "";

  async function follow(state) {
    const run = state?.run;
    if (run && !run.net) return; // about to begin: what there was stays until it does
    const size = state?.data?.input;
    const key = run?.net && size ? `${run.id} ${run.net} ${JSON.stringify(size)} ${state.data.classes.length}` : "";
    if (key === asked) return;
    asked = key;
    const reading = key ? await read(run.net, key) : null;
    if (asked !== key) return;
    known = reading && { run: run.id, net: run.net, reading };
    for (const listener of listeners) listener(known);
  }

  /** The server that cannot read now is asked again with the next state. */
  async function read(net, key) {
    try {
      return await api.post("read", { net });
    } catch {
      if (asked === key) asked = "";
      return null;
    }
  }

  store.on("state", follow);
  if (store.state) follow(store.state);
  return {
    get now() {
      return known;
    },
    on(listener) {
      listeners.add(listener);
      if (known) listener(known);
    },
  };
}
