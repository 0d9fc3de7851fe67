/** What the page remembers over a reload, for as long as its tab is open. */

/** A value under a name: `recall()` gives the last, or null; `keep(null)` forgets it. */
export function kept(name) {
  return {
    keep(value) {
      try {
        if (value === null) sessionStorage.removeItem(name);
        else sessionStorage.setItem(name, JSON.stringify(value));
      } catch {
        // a browser that keeps nothing
      }
    },
    recall() {
      try {
        return JSON.parse(sessionStorage.getItem(name));
      } catch {
        return null;
      }
    },
  };
}
