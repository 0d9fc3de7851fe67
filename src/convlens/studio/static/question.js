/** A question that is put where it arises, with its answers as buttons. */

import { make } from "../report/words.js";

/** `ask(text, {answer: what it does})`; any answer takes the question away. */
export function question() {
  const element = make("div", { class: "question", role: "alert", hidden: true });
  const clear = () => {
    element.hidden = true;
    element.replaceChildren();
  };
  return {
    element,
    clear,
    ask(text, answers) {
      const buttons = Object.entries(answers).map(([name, act]) => {
        const button = make("button", { type: "button", class: "plain" }, name);
        button.addEventListener("click", () => {
          clear();
          act();
        });
        return button;
      });
      element.replaceChildren(make("p", {}, text), make("div", { class: "row" }, ...buttons));
      element.hidden = false;
    },
  };
}
