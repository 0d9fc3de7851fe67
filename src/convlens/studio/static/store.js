/** The last that was heard of the run, and who wants to hear more. */

const listeners = new Map();

export const store = {
  /** The whole state as the server tells it; null before the first word. */
  state: null,

  /** Whether anybody can see the page. */
  get visible() {
    return document.visibilityState === "visible";
  },

  /** Call `listener` whenever `name` happens: state, points, look, mark, connection. */
  on(name, listener) {
    if (!listeners.has(name)) listeners.set(name, new Set());
    listeners.get(name).add(listener);
    return () => listeners.get(name).delete(listener);
  },
};

function tell(name, value) {
  for (const listener of listeners.get(name) || []) listener(value);
}

const RETRY = 1000;

/** Listen to the server, and again whenever the line breaks. */
export function connect() {
  const source = new EventSource("api/events");
  source.addEventListener("open", () => tell("connection", "open"));
  source.addEventListener("error", () => {
    tell("connection", "lost");
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY); // refused: ask anew
  });
  source.addEventListener("state", (event) => {
    store.state = JSON.parse(event.data);
    tell("state", store.state);
  });
  for (const name of ["points", "look", "mark"]) {
    source.addEventListener(name, (event) => tell(name, JSON.parse(event.data)));
  }
}
