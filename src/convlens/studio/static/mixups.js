/** What is taken for what most often, as a list. */

import { make } from "../report/words.js";
import { count } from "./say.js";

const MOST = 12;
const MOST_OF_MANY = 30;
const MANY = 30; // classes

/** The cells off the diagonal with pictures in them, fullest first: `{is, said, pictures, of}`. */
export function mistakes(confused) {
  const sums = new Map();
  for (const [is, , pictures] of confused) sums.set(is, (sums.get(is) ?? 0) + pictures);
  const found = confused
    .filter(([is, said]) => is !== said)
    .map(([is, said, pictures]) => ({ is, said, pictures, of: sums.get(is) }));
  return found.sort((a, b) => b.pictures - a.pictures || b.pictures / b.of - a.pictures / a.of);
}

/** `{element, show(result, classes)}`; `open(is, said, element)` is called with the one chosen. */
export function mixups(open) {
  const list = make("ol", { class: "mixups" });
  const none = make("p", { class: "quiet" }, "None: every picture was right.");
  const more = make("p", { class: "small", hidden: true });
  const element = make("div", { class: "test-mixups" }, make("h3", {}, "Most often mistaken"), none, list, more);

  function line({ is, said, pictures, of }, classes) {
    const button = make(
      "button",
      { type: "button", class: "mixup", title: "Show these pictures" },
      make("span", {}, make("b", {}, classes[is]), make("span", { class: "quiet" }, " taken for "), make("b", {}, classes[said])),
      " ",
      make("span", { class: "mixup-count" }, count(pictures), make("span", { class: "quiet" }, ` of ${count(of)}`)),
    );
    button.addEventListener("click", () => open(is, said, button));
    return make("li", {}, button);
  }

  return {
    element,
    show({ confused }, classes) {
      const found = mistakes(confused);
      none.hidden = found.length > 0;
      const most = classes.length > MANY ? MOST_OF_MANY : MOST;
      list.replaceChildren(...found.slice(0, most).map((mistake) => line(mistake, classes)));
      more.hidden = found.length <= most;
      more.textContent = `and ${count(found.length - most)} other pairs: see the table.`;
    },
  };
}
