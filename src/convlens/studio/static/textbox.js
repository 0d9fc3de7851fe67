/** The text box of the editor: wrong words underlined, every change undone and done again. */

import { make } from "../report/words.js";
import { past } from "./past.js";

/** `changed()` is called after every change, `applied()` for Ctrl+Enter. */
export function textbox({ changed, applied }) {
  const area = make("textarea", {
    id: "network-text", rows: 2, spellcheck: false, autocomplete: "off", autocapitalize: "off",
    "aria-label": "Network", "aria-describedby": "network-keys misread",
  });
  const mirror = make("div", { class: "mirror", "aria-hidden": "true" });
  let texts = past("");

  /** Underline the word from `start` to `end`, or nothing: a copy of the text lies behind it. */
  function mark(place = null) {
    const text = area.value;
    if (place) {
      const end = Math.max(place.end, place.start + 1);
      const word = make("u", {}, text.slice(place.start, end) || " ");
      mirror.replaceChildren(text.slice(0, place.start), word, `${text.slice(end)}\n`);
    } else {
      mirror.replaceChildren(`${text}\n`);
    }
    area.setAttribute("aria-invalid", String(Boolean(place)));
  }

  function turnTo(text) {
    if (text === null) return;
    area.value = text;
    mark();
    changed();
  }

  const box = {
    element: make("div", { class: "page" }, mirror, area),
    mark,
    get text() {
      return area.value;
    },

    /** Put a text into the box as the user would: it can be undone. */
    write(text) {
      texts.put(area.value);
      texts.put(text);
      turnTo(text);
      area.focus();
    },

    /** Put a text into the box as its first. */
    begin(text) {
      texts = past(text);
      turnTo(text);
    },

    /** The text as it stands becomes one to go back to. */
    settle: () => texts.put(area.value),
    undo() {
      texts.put(area.value);
      turnTo(texts.back());
    },
    redo: () => turnTo(texts.forward()),
    get isFirst() {
      return texts.isFirst;
    },
    get isLast() {
      return texts.isLast;
    },
  };

  area.addEventListener("input", () => {
    mark();
    changed();
  });
  area.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "enter") applied();
    else if (key === "z" && !event.shiftKey) box.undo();
    else if (key === "y" || key === "z") box.redo();
    else return;
    event.preventDefault();
  });
  return box;
}
