/** Asks for views of the layers that are seen, one at a time and in turn, as fast as they are drawn. */

const PATIENCE = 2000;

const drawn = () => new Promise((ready) => requestAnimationFrame(() => ready()));

/**
 * Whoever wants views takes a seat: {layer, need() → null | {picture, label, first, count, parts},
 * take(view, parts), fail(fault)}; `wake` says that something may have changed.
 */
export function watching({ api, store }) {
  const seats = new Map();
  let busy = false;
  let asked = null;

  const stamp = () => `${store.state?.run?.id}:${store.state?.run?.step}:${store.state?.phase}`;

  function wake() {
    if (!busy) return void run();
    if (asked?.held && [...seats.values()].some((seat) => isNew(seat, seat.need()))) asked.controller.abort();
  }

  async function run() {
    busy = true;
    try {
      for (let seat = next(); seat; seat = next()) {
        await ask(seat);
        await drawn();
      }
    } finally {
      busy = false;
    }
  }

  /** Who wants what has never been drawn comes first, then whoever has waited longest. */
  function next() {
    if (!store.visible || !store.asks || !store.state.run?.net) return null;
    const learning = store.state.phase === "training";
    const waiting = [...seats.values()]
      .map((seat) => ({ seat, need: seat.need() }))
      .filter(({ seat, need }) => need && (seat.retry ?? 0) <= performance.now())
      .map(({ seat, need }) => ({ seat, fresh: isNew(seat, need) }))
      .filter(({ seat, fresh }) => fresh || learning || seat.stamp !== stamp());
    waiting.sort((a, b) => b.fresh - a.fresh || (a.seat.asked ?? 0) - (b.seat.asked ?? 0));
    return waiting[0]?.seat ?? null;
  }

  async function ask(seat) {
    const need = seat.need();
    const held = !isNew(seat, need);
    const now = stamp();
    asked = { controller: new AbortController(), held };
    seat.asked = performance.now();
    try {
      const view = await api.binary(`view?${query(seat, need, held)}`, { signal: asked.controller.signal });
      if (!seats.has(seat.layer) || seats.get(seat.layer) !== seat) return;
      seat.stamp = now;
      if (view.json.unchanged) return;
      Object.assign(seat, { step: view.json.step, key: keyOf(need), parts: need.parts });
      seat.take(view, need.parts);
    } catch (error) {
      if (error.name === "AbortError") return;
      seat.retry = performance.now() + PATIENCE;
      setTimeout(wake, PATIENCE + 10);
      if (error.status === undefined) throw error;
      if (error.status !== 0) seat.fail(error);
    } finally {
      asked = null;
    }
  }

  store.on("state", wake);
  document.addEventListener("visibilitychange", wake);
  return {
    wake,
    sit(seat) {
      seats.set(seat.layer, seat);
      wake();
    },
    leave(seat) {
      if (seats.get(seat.layer) === seat) seats.delete(seat.layer);
    },
  };
}

const keyOf = ({ picture, label, first, count }) => `${picture}|${label}|${first}|${count}`;

/** Whether a seat's need was never answered: another picture, other channels, a part just come to sight. */
function isNew(seat, need) {
  if (!need) return false;
  return seat.key !== keyOf(need) || need.parts.some((part) => !seat.parts.includes(part));
}

function query(seat, { picture, label, first, count, parts }, held) {
  const asked = new URLSearchParams({ picture, layer: seat.layer, first, count, only: parts.join(",") });
  if (label !== null) asked.set("class", label);
  if (held) asked.set("seen", seat.step);
  return asked;
}
