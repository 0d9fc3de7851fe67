/** The curves of the present run and of those it is compared with, kept up to date. */

const EVENTS_KEPT = 200; // while a series is being fetched
const SLOTS = 6; // runs that can be compared with at once: each has a colour and a dash of its own

/**
 * What the charts draw: `shown()` gives `[{id, name, slot, series, reached, off}]`, the present run
 * first (slot 0); `hide(id, on)` puts one `off` and on. `compare(id, on)` takes another run in; `on(listener)` hears of every change, `onChoice(listener)`
 * of runs taken in and out.
 */
export function curves({ api, store }) {
  const model = {
    api,
    store,
    kept: new Map(),
    fetching: new Map(),
    slots: new Map(),
    off: new Set(),
    current: null,
    studio: null,
    listeners: new Set(),
    choosers: new Set(),
    fault: null,
  };
  store.on("state", (state) => follow(model, state));
  store.on("connection", (now) => now === "open" && refresh(model));
  store.on("points", (event) => heard(model, event, addPoints));
  store.on("look", (event) => heard(model, event, addLook));
  store.on("mark", (event) => heard(model, event, addMark));
  return {
    on: (listener) => model.listeners.add(listener),
    onChoice: (listener) => model.choosers.add(listener),
    shown: () => shown(model),
    hide(id, wanted) {
      if (wanted) model.off.add(id);
      else model.off.delete(id);
      changed(model);
    },
    compared: (id) => model.slots.has(id),
    full: () => model.slots.size >= SLOTS,
    compare: (id, wanted) => compare(model, id, wanted),
    slot: (id) => (id === model.current ? 0 : (model.slots.get(id) ?? null)),
    fault: () => model.fault,
  };
}

function changed(model) {
  for (const listener of model.listeners) listener();
}

function follow(model, state) {
  const id = state.runs.find((run) => run.id === state.run?.id)?.id ?? null; // a model looked into has no curves
  if (model.studio !== state.studio) {
    model.kept.clear();
    model.studio = state.studio;
    model.current = null;
  }
  for (const other of model.slots.keys()) {
    if (!state.runs.some((run) => run.id === other)) compare(model, other, false);
  }
  if (id === model.current) return;
  model.current = id;
  model.slots.delete(id);
  model.off.delete(id);
  if (id !== null) load(model, id);
  changed(model);
}

function refresh(model) {
  for (const id of [model.current, ...model.slots.keys()]) if (id !== null) load(model, id);
}

/** Fetch a run's series whole; what is told of it meanwhile is added afterwards. */
async function load(model, id) {
  if (model.fetching.has(id)) return;
  const waiting = [];
  model.fetching.set(id, waiting);
  try {
    const series = await model.api.get(`runs/${encodeURIComponent(id)}/series`);
    model.kept.set(id, series);
    model.fault = null;
    model.fetching.delete(id);
    for (const [event, add] of waiting) heard(model, event, add);
  } catch (fault) {
    model.fault = fault;
    model.fetching.delete(id);
  }
  changed(model);
}

function heard(model, event, add) {
  const waiting = model.fetching.get(event.run);
  if (waiting) {
    if (waiting.length < EVENTS_KEPT) waiting.push([event, add]);
    return;
  }
  const series = model.kept.get(event.run);
  if (!series) {
    if (event.run === model.current) load(model, event.run);
    return;
  }
  if (!add(series, event)) load(model, event.run);
  changed(model);
}

const COLUMNS = ["step", "loss", "decay", "accuracy"];

/** Take entries from index `from` on (0: all anew); false where they do not fit what is known. */
function addPoints(series, event) {
  if (event.from === 0) series.version = event.version;
  if (event.version !== series.version || event.from > series.step.length) return false;
  for (const name of COLUMNS) {
    series[name].length = event.from;
    for (const value of event[name]) series[name].push(value);
  }
  return true;
}

function addLook(series, { look }) {
  const last = series.looks[series.looks.length - 1];
  if (!last || look.step > last.step) series.looks.push(look);
  return true;
}

function addMark(series, { mark }) {
  if (!series.marks.some(({ step, text }) => step === mark.step && text === mark.text)) series.marks.push(mark);
  return true;
}

function compare(model, id, wanted) {
  model.off.delete(id);
  if (!wanted) {
    model.slots.delete(id);
    if (id !== model.current) model.kept.delete(id);
  } else if (id !== model.current && !model.slots.has(id) && model.slots.size < SLOTS) {
    const taken = new Set(model.slots.values());
    model.slots.set(
      id,
      [1, 2, 3, 4, 5, 6].find((slot) => !taken.has(slot)),
    );
    load(model, id);
  }
  changed(model);
  for (const listener of model.choosers) listener();
}

function shown(model) {
  const runs = model.store.state?.runs ?? [];
  const present = model.store.state?.run;
  const one = (id, slot) => ({
    id,
    slot,
    name: runs.find((run) => run.id === id)?.name ?? id,
    series: model.kept.get(id),
    off: model.off.has(id),
    reached: id === present?.id ? [present.step, present.epochs] : null,
  });
  const all = [...model.slots].map(([id, slot]) => one(id, slot));
  if (model.current !== null) all.unshift(one(model.current, 0));
  return all.filter(({ series }) => series);
}

/** A function from steps to epochs: straight between the moments of which both are known. */
export function epochsOf(series, reached) {
  const known = [[0, 0], ...series.looks.map(({ step, epochs }) => [step, epochs])];
  if (reached && reached[0] > known[known.length - 1][0]) known.push(reached);
  let at = 1; // steps are asked for mostly in order
  return (step) => {
    if (known.length < 2) return 0;
    if (known[at - 1][0] > step) at = 1;
    while (at < known.length - 1 && known[at][0] < step) at++;
    const [[fromStep, from], [toStep, to]] = [known[at - 1], known[at]];
    return toStep === fromStep ? to : from + ((step - fromStep) / (toStep - fromStep)) * (to - from);
  };
}

/** A running average that forgets by `keep` (0 to 1) with every value, to both sides: nothing lags. */
export function smoothed(values, keep) {
  if (!keep) return values;
  const before = forgetting(values, keep);
  const after = forgetting(values.toReversed(), keep).reverse();
  return values.map((value, i) => (Number.isFinite(value) ? (before[i] + after[i]) / 2 : value));
}

function forgetting(values, keep) {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    if (Number.isFinite(value)) {
      sum = keep * sum + (1 - keep) * value;
      weight = keep * weight + (1 - keep);
    }
    return sum / weight;
  });
}
