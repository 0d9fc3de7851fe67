/** Whether a part of the page can be seen: the tab is shown, and the part is on the screen. */

/** Watch an element: `seen.now` is true while it can be seen; `changed` is called when it turns. */
export function watch(element, changed = () => {}) {
  const seen = { now: false };
  let near = false;
  const turn = () => {
    const now = near && document.visibilityState === "visible";
    if (now === seen.now) return;
    seen.now = now;
    changed(now);
  };
  new IntersectionObserver((entries) => {
    near = entries[entries.length - 1].isIntersecting;
    turn();
  }).observe(element);
  document.addEventListener("visibilitychange", turn);
  return seen;
}
