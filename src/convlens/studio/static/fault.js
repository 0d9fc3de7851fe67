/** Where a region says what the server refused, and what can be done about it. */

import { make } from "../report/words.js";

/** A line that is read out when it says something: `{element, show(error), clear()}`. */
export function faultLine(properties = {}) {
  const element = make("p", { class: "fault", role: "alert", hidden: true, ...properties });
  return {
    element,
    show(error) {
      element.replaceChildren(sentence(error.message));
      if (error.hint) element.append(" ", make("span", { class: "hint" }, sentence(error.hint)));
      element.hidden = false;
    },
    clear() {
      element.hidden = true;
      element.replaceChildren();
    },
  };
}

/** Messages of the command line begin small and end without a full stop: here they are sentences. */
export function sentence(text) {
  const named = /^\w*[\d_./]/.test(text); // a layer's or a file's name stays as it is
  const begun = named ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…:]$/.test(begun) ? begun : `${begun}.`;
}
