/** Whether somebody has waited long for an answer: while a finished run is tested, nothing else is answered. */

const PATIENCE = 1000; // ms
const long = new Set();
const listeners = new Set();

const tell = () => listeners.forEach((listener) => listener(long.size > 0));

/** A question that somebody waits for, until what is returned is called. */
export function waiting() {
  const question = {};
  const timer = setTimeout(() => {
    long.add(question);
    tell();
  }, PATIENCE);
  return () => {
    clearTimeout(timer);
    if (long.delete(question)) tell();
  };
}

/** Call `listener` with whether anybody waits long, whenever that may have changed. */
export const onWaiting = (listener) => listeners.add(listener);
