/** The last that was heard of the run, and who wants to hear more. */

const listeners = new Map();
const WITHOUT = ["empty", "reading", "lost", "failed"]; // phases in which there is no network

export const store = {
  /** The whole state as the server tells it; null before the first word. */
  state: null,

  /** Whether the server can be heard: "waiting" before the first answer, then "open" or "lost". */
  connection: "waiting",

  /** Whether anybody can see the page. */
  get visible() {
    return document.visibilityState === "visible";
  },

  /** Whether there is a network that could be asked. */
  get asks() {
    return store.state !== null && !WITHOUT.includes(store.state.phase);
  },

  /** Call `listener` whenever `name` happens: state, points, look, mark, connection. */
  on(name, listener) {
    if (!listeners.has(name)) listeners.set(name, new Set());
    listeners.get(name).add(listener);
    return () => listeners.get(name).delete(listener);
  },
};

/** One listener that fails keeps nothing from the others. */
function tell(name, value) {
  for (const listener of listeners.get(name) || []) {
    try {
      listener(value);
    } catch (error) {
      console.error(error);
    }
  }
}

const RETRY = 1000;

function connection(now) {
  if (store.connection === now) return;
  if (later) pass(); // what was heard before comes before; after it the page would seem connected
  store.connection = now;
  tell("connection", now);
}

const CALM = 250; // ms between figures that merely grow: more nobody reads, and drawing costs
let [told, standing, later] = [0, "", 0];

let [names, namings] = [[], 0]; // of the classes: told once, as there may be thousands, and how often so far

/** What stands in a state beside figures that change with every step. */
function standingOf({ phase, error, notes, data, run, runs, snapshots, studio, testing }) {
  const { id, revision, knobs, test_accuracy: tested, model } = run ?? {};
  const list = runs.map((one) => [one.id, one.name, one.phase]);
  const about = data && { ...data, classes: namings };
  return JSON.stringify([phase, error, notes, about, id, revision, knobs, tested, model, list, snapshots, studio, testing]);
}

/** Tell of a new state: at once where more than figures changed, else a few times a second. */
function hear(state) {
  if (state.data?.classes) [names, namings] = [state.data.classes, namings + 1];
  else if (state.data) state.data.classes = names;
  store.state = state;
  const now = standingOf(state);
  const wait = now === standing ? told + CALM - performance.now() : 0;
  if (wait > 0) {
    later ||= setTimeout(pass, wait);
    return;
  }
  standing = now;
  pass();
}

function pass() {
  clearTimeout(later);
  later = 0;
  told = performance.now();
  tell("state", store.state);
}

/** Listen to the server, and again whenever the line breaks. */
export function connect() {
  const source = new EventSource("api/events");
  source.addEventListener("open", () => connection("open"));
  source.addEventListener("error", () => {
    connection("lost");
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY); // refused: ask anew
  });
  source.addEventListener("state", (event) => hear(JSON.parse(event.data)));
  for (const name of ["points", "look", "mark"]) {
    source.addEventListener(name, (event) => tell(name, JSON.parse(event.data)));
  }
}
