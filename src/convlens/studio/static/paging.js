/** Pictures page by page. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { count, several } from "./say.js";
import { gallery, whereOpened } from "./thumbs.js";

const PAGE = 12;

/**
 * `{element, show(fetch)}`: tiles of what `fetch(offset, count)` gives as `{total, pictures}`.
 *
 * `open(picture's document)` is called with a picture that is clicked.
 */
export function paged(label, open, classes) {
  const tiles = gallery(label, open, whereOpened);
  const before = make("button", { type: "button", class: "plain tight" }, "Previous");
  const after = make("button", { type: "button", class: "plain tight" }, "Next");
  const where = make("span", { class: "small", role: "status" });
  const trouble = faultLine();
  const turning = make("div", { class: "row paging", role: "group", "aria-label": `Pages of: ${label}` }, before, after, where);
  const element = make("div", { class: "paged" }, trouble.element, tiles.element, turning);
  let fetch = null;
  let offset = 0;
  let turn = 0; // answers to earlier questions are no longer wanted

  async function go(to) {
    const mine = ++turn;
    element.setAttribute("aria-busy", "true");
    try {
      const { total, pictures } = await fetch(to, PAGE);
      if (mine !== turn) return;
      offset = to;
      tiles.show(pictures, classes());
      trouble.clear();
      const last = Math.min(total, offset + pictures.length);
      const some = `${count(offset + 1)}–${count(last)} of ${count(total)}`;
      where.textContent = total <= PAGE ? several(total, "picture") : some;
      before.disabled = offset === 0;
      after.disabled = offset + PAGE >= total;
      before.hidden = after.hidden = total <= PAGE;
    } catch (fault) {
      if (mine === turn) trouble.show(fault);
    } finally {
      if (mine === turn) element.removeAttribute("aria-busy");
    }
  }

  before.addEventListener("click", () => go(Math.max(0, offset - PAGE)));
  after.addEventListener("click", () => go(offset + PAGE));

  return {
    element,
    show(asked) {
      fetch = asked;
      go(0);
    },
  };
}
