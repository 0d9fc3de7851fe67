/** Where a network's text is wrong: the line again, the word marked, what to do a click away. */

import { make } from "../report/words.js";
import { sentence } from "./fault.js";

const AROUND = 34;

/** The place for a mistake: `show(text, fault)` and `clear()`; `use(text)` takes a correction. */
export function misreading(id, use) {
  const element = make("div", { class: "misread", id, hidden: true });
  return {
    element,
    clear() {
      element.hidden = true;
      element.replaceChildren();
    },
    show(text, { document: told, message, hint }) {
      const { start, end, correction } = told;
      const parts = [make("p", { class: "said", role: "alert" }, sentence(message))];
      if (Number.isInteger(start)) parts.unshift(line(text, start, Math.max(end, start + 1)));
      if (correction) parts.push(corrected(correction, use));
      else if (hint) parts.push(make("p", { class: "hint" }, sentence(hint)));
      element.replaceChildren(...parts);
      element.hidden = false;
    },
  };
}

/** The line of the mistake, cut to what stands around it, and carets under the word. */
function line(text, start, end) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const found = text.indexOf("\n", start);
  const to = found < 0 ? text.length : found;
  const stop = Math.min(Math.max(end, start + 1), Math.max(to, start + 1));
  const left = Math.max(from, start - AROUND);
  const right = Math.min(to, stop + AROUND);
  const before = (left > from ? "…" : "") + text.slice(left, start);
  const word = text.slice(start, Math.min(stop, to)) || " ";
  const behind = text.slice(stop, right) + (right < to ? "…" : "");
  const carets = " ".repeat(before.length) + "^".repeat(word.length);
  return make("pre", { class: "wrongline", "aria-hidden": "true" },
    before, make("mark", {}, word), behind, "\n", make("span", { class: "caret" }, carets));
}

function corrected({ text, label }, use) {
  const called = /^use\b/i.test(label ?? "") ? label : `Use ${label || text}`;
  const button = make("button", { type: "button", class: "plain correct" }, called);
  button.addEventListener("click", () => use(text));
  return button;
}
