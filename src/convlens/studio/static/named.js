/** Names of classes where there is little room. */

import { make } from "../report/words.js";

const LONG = 12;
const TAIL = 6;

/**
 * A name that is cut in its middle where it does not fit: names often differ only at their ends.
 *
 * The whole name is in the element's text and in its title.
 */
export function named(text) {
  const name = make("span", { class: "named", title: text });
  if (text.length <= LONG) name.append(make("span", { class: "named-head" }, text));
  else name.append(make("span", { class: "named-head" }, text.slice(0, -TAIL)), make("span", {}, text.slice(-TAIL)));
  return name;
}
