/** Some of the studio's own pictures to try, one of a class each. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { partOf } from "./parts.js";
import { gallery } from "./thumbs.js";
import { watch } from "./seen.js";

const MOST = 8;

/** Up to eight of the classes: evenly spread, or at random. */
function some(classes, random) {
  const count = Math.min(MOST, classes);
  const begin = random ? Math.random() : 0;
  return Array.from({ length: count }, (_, i) => Math.floor(((i + begin) * classes) / count));
}

/** `{element}`: a row of pictures; `open({picture, label})` is called with the one chosen. */
export function suggestions({ api, store }, open) {
  const title = make("p", { class: "small" });
  const tiles = gallery("Pictures to try", open);
  const others = make("button", { type: "button", class: "link" }, "Other pictures");
  const trouble = faultLine();
  const element = make("div", { class: "suggestions", hidden: true }, title, tiles.element, others, trouble.element);
  const totals = new Map();
  let shows = "";
  let busy = false;

  const wanted = () => {
    const data = store.state?.data;
    const part = partOf(data);
    return part && store.state.run ? `${store.state.studio}/${data.name}/${data.classes.length}/${part}` : "";
  };

  async function one(part, label, random) {
    const total = totals.get(label) ?? 1;
    const offset = random ? Math.floor(Math.random() * total) : 0;
    const found = await api.get(`pictures?part=${part}&class=${label}&offset=${offset}&count=1`);
    totals.set(label, found.total);
    return found.pictures[0];
  }

  async function fill(random) {
    if (busy) return;
    busy = true;
    const key = wanted();
    const { data } = store.state;
    const part = partOf(data);
    const labels = some(data.classes.length, random);
    try {
      const found = await Promise.all(labels.map((label) => one(part, label, random)));
      tiles.show(found.filter(Boolean), data.classes);
      trouble.clear();
    } catch (fault) {
      trouble.show(fault);
    } finally {
      shows = key;
      busy = false;
    }
  }

  function refresh() {
    const key = wanted();
    element.hidden = !key;
    if (!key) return;
    title.textContent = `or one of the ${partOf(store.state.data)} pictures:`;
    if (shows === key || !seen.now) return;
    totals.clear();
    fill(false);
  }

  const seen = watch(element, refresh);
  store.on("state", refresh);
  others.addEventListener("click", () => fill(true));
  return { element };
}
