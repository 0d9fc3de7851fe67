/** The picture that is looked at, and the class that gradients are of. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { address } from "./looking.js";
import { shelf } from "./shelf.js";

const PARTS = { test: "Test pictures", validation: "Validation pictures", train: "Training pictures" };
const NONE = "There are no pictures here yet: give one under Try it, and every layer shows what it makes of it.";

/** The section of the page in which a picture is chosen. */
export function chooser({ api, store, explain }, looking) {
  const state = { classes: [], key: null };
  const fault = faultLine();
  const failed = (error) => (error ? fault.show(error) : fault.clear());
  const pictures = shelf({ api }, looking, { classes: () => state.classes, failed });
  const parts = select("Part", () => pictures.of(parts.value, classes.value));
  const classes = select("Class", () => pictures.of(parts.value, classes.value));
  const gradients = select("Gradients of", () => looking.of(gradients.value === "" ? null : Number(gradients.value)));
  const seen = make("img", { class: "seenpicture", alt: "", width: 96, height: 96 });
  const said = make("figcaption");
  const figure = make("figure", { class: "seen", hidden: true }, seen, said);
  const empty = make("p", { class: "absent", hidden: true }, NONE);
  const pick = make("div", { class: "pick" },
    labelled("Part", parts), labelled("Class", classes),
    make("div", { class: "moves" },
      action("Previous picture", "←", () => pictures.move(-1)),
      action("Next picture", "→", () => pictures.move(1)),
      action("Random picture", "Random", () => pictures.random()),
      pictures.where));

  async function show() {
    const { picture } = looking;
    figure.hidden = !picture;
    if (!picture) return;
    empty.hidden = true;
    seen.src = address(picture);
    if (picture.startsWith("upload:")) pictures.keep(picture);
    pictures.mark();
    const one = await pictures.described(picture);
    if (picture !== looking.picture) return;
    const name = one ? state.classes[one.label] : picture.startsWith("upload:") ? "your own picture" : "";
    seen.alt = `The picture looked at: ${name || picture}`;
    said.replaceChildren(make("b", {}, name ?? ""), make("span", {}, one?.name ?? ""));
  }

  /** Other data, other classes: the lists are made anew. */
  function follow({ data, studio }) {
    if (looking.gone({ data, studio })) pictures.first();
    const key = JSON.stringify([data?.name, data?.classes, data?.train, data?.validation, data?.test]);
    if (key === state.key) return;
    state.key = key;
    state.classes = data?.classes ?? [];
    const named = state.classes.map((name, i) => [i, name]);
    const there = Object.entries(PARTS).filter(([part]) => data?.[part] > 0);
    options(parts, there);
    options(classes, [["", "every class"], ...named]);
    options(gradients, [["", "the picture’s own class"], ...named]);
    gradients.value = state.classes[looking.label] === undefined ? "" : String(looking.label);
    empty.hidden = there.length > 0 || Boolean(looking.picture);
    pick.hidden = !there.length;
    pictures.forget();
    if (there.length) pictures.of(parts.value, classes.value);
    if (data) show();
  }

  // one that a training process before this one was given
  seen.addEventListener("error", () => pictures.first());
  looking.on(show);
  store.on("state", follow);
  if (store.state) follow(store.state);
  return make("section", { class: "chooser", "aria-labelledby": "chooser-title" },
    make("h3", { id: "chooser-title" }, "The picture looked at"),
    make("div", { class: "chosen" },
      figure,
      make("div", { class: "others" }, pick, pictures.element, fault.element, empty,
        make("div", { class: "pick" }, labelled("Gradients of", gradients, explain("gradient"))))));
}

function select(name, changed) {
  const made = make("select", { id: `chooser-${name.toLowerCase().replaceAll(" ", "-")}` });
  made.addEventListener("change", changed);
  return made;
}

function labelled(name, control, more = null) {
  return make("span", { class: "labelled" }, make("label", { for: control.id }, name), more, control);
}

function options(control, pairs) {
  const before = control.value;
  control.replaceChildren(...pairs.map(([value, text]) => make("option", { value: String(value) }, text)));
  if (pairs.some(([value]) => String(value) === before)) control.value = before;
}

function action(name, text, act) {
  const button = make("button", { type: "button", class: "plain", "aria-label": name }, text);
  button.addEventListener("click", act);
  return button;
}
