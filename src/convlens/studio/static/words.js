/** Terms of the trade, each explained where it stands. */

import { make } from "../report/words.js";
import { ALIASES, GLOSSARY } from "./glossary.js";

const GAP = 8;
const MARGIN = 8;
const tip = make("div", { class: "tip", id: "tip", role: "tooltip", hidden: true });
let shown = null;
let pinned = false;

/** What a term means, or undefined; plural, capitals and other names are understood. */
export function meaning(term) {
  return GLOSSARY[key(term)];
}

/** A small button that explains a term while it is pointed at, focused or after a press. */
export function explain(term) {
  const name = key(term);
  if (!GLOSSARY[name]) return make("span");
  const inside = [make("span", { "aria-hidden": "true" }, "?"), make("span", { class: "hidden" }, `Meaning of: ${name}`)];
  const button = make("button", { type: "button", class: "explain" }, ...inside);
  button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(button, name));
  button.addEventListener("pointerleave", () => pinned || hide(button));
  button.addEventListener("focus", () => show(button, name));
  button.addEventListener("blur", () => hide(button));
  button.addEventListener("click", (event) => {
    event.preventDefault(); // inside a label it would press what is labelled
    if (shown === button && pinned) return hide(button);
    show(button, name);
    pinned = true;
  });
  return button;
}

function key(term) {
  const asked = term.trim().toLowerCase();
  for (const name of [asked, asked.replace(/s$/, "")]) {
    if (GLOSSARY[name]) return name;
    if (ALIASES[name]) return ALIASES[name];
  }
  return asked;
}

function show(button, name) {
  if (shown && shown !== button) hide(shown);
  if (!tip.isConnected) document.body.append(tip);
  tip.replaceChildren(make("b", {}, name.charAt(0).toUpperCase() + name.slice(1)), GLOSSARY[name]);
  tip.hidden = false;
  button.setAttribute("aria-describedby", tip.id);
  shown = button;
  place(button.getBoundingClientRect());
}

function hide(button) {
  button.removeAttribute("aria-describedby");
  if (shown !== button) return;
  tip.hidden = true;
  shown = null;
  pinned = false;
}

/** Scrolled along with its button, gone when that is out of sight. */
function follow() {
  const at = shown.getBoundingClientRect();
  if (at.bottom < 0 || at.top > innerHeight) hide(shown);
  else place(at);
}

/** Under the button, or above it where there is no room, never over the window's edge. */
function place(at) {
  const box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(at.left + at.width / 2 - box.width / 2, MARGIN), innerWidth - box.width - MARGIN);
  const under = at.bottom + GAP;
  const top = under + box.height > innerHeight ? at.top - box.height - GAP : under;
  tip.style.setProperty("left", `${Math.max(left, MARGIN)}px`);
  tip.style.setProperty("top", `${Math.max(top, MARGIN)}px`);
}

document.addEventListener("keydown", (event) => event.key === "Escape" && shown && hide(shown));
document.addEventListener("scroll", () => shown && follow(), { passive: true, capture: true });
document.addEventListener("pointerdown", (event) => shown && !shown.contains(event.target) && hide(shown));
