/** Networks of the zoo that fit the pictures, each with a sentence, to begin from. */

import { make } from "../report/words.js";
import { faultLine, sentence } from "./fault.js";
import { count } from "./say.js";

/** A list that is asked for when it is opened; `use(text)` takes one into the editor. */
export function examples({ api, store }, use) {
  const list = make("ul", { class: "zoo" });
  const fault = faultLine();
  const element = make("details", { class: "examples" }, make("summary", {}, "Examples that fit these pictures"), fault.element, list);
  let asked = null;

  async function fill() {
    const key = JSON.stringify(store.state?.data?.input ?? null);
    if (!element.open || asked === key) return;
    asked = key;
    try {
      const found = await api.get("zoo");
      fault.clear();
      const fitting = found.filter(({ fits }) => fits);
      fitting.sort((one, other) => one.multiply_adds - other.multiply_adds); // what learns quickly first
      list.replaceChildren(...fitting.map(entry));
    } catch (error) {
      asked = null;
      if (error.status === undefined) throw error;
      fault.show(error);
    }
  }

  function entry({ name, line, about, net, parameters, multiply_adds: adds }) {
    const button = make("button", { type: "button", class: "example" },
      make("b", {}, name), make("span", {}, [line, about].filter(Boolean).map(sentence).join(" ")),
      make("span", { class: "cost" }, `${count(parameters)} parameters, ${count(adds)} multiply-adds for each picture`),
      make("code", {}, net));
    button.addEventListener("click", () => {
      element.open = false;
      use(net);
    });
    return make("li", {}, button);
  }

  element.addEventListener("toggle", fill);
  store.on("state", fill);
  return element;
}
