/** Pictures as tiles: what they are, what they were taken for, and a way to open each. */

import { make } from "../report/words.js";
import { chance } from "./bars.js";
import { named } from "./named.js";

const WRAPPED = 24; // letters of a name
const TICK = "M3 8.5 6.5 12 13 4.5";
const CROSS = "M4 4 12 12 M12 4 4 12";
const SVG = "http://www.w3.org/2000/svg";

/** Where a picture is to be had, at the network's size. */
export const addressOf = (picture) => `api/picture/${encodeURIComponent(picture)}.png`;

/** Tell the whole page that this is the picture to look at; `more` may name a layer to open. */
export function openPicture(picture, from, more = {}) {
  document.dispatchEvent(new CustomEvent("convlens:picture", { detail: { picture, from, ...more } }));
}

/** Where a picture that was chosen is to be seen now. */
export const whereOpened = () =>
  make("span", {}, "It is now in ", make("a", { href: "#try" }, "Try it"), " and in ", make("a", { href: "#network" }, "Network"), ".");

/** A picture of the network's size, its pixels enlarged. */
export function pixels(picture, alt = "") {
  const image = make("img", { class: "pixels", alt, decoding: "async", draggable: false });
  image.src = addressOf(picture);
  return image;
}

/** A tick or a cross, which say by shape what their colours say. */
export function verdict(right) {
  const mark = document.createElementNS(SVG, "svg");
  mark.setAttribute("viewBox", "0 0 16 16");
  mark.setAttribute("class", right ? "verdict right" : "verdict wrong");
  mark.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", right ? TICK : CROSS);
  mark.append(path);
  return mark;
}

/** A tile for `{picture, label, top, right}`: the picture, its class and the likeliest three. */
function judged({ picture, label, top, right }, classes) {
  const is = right ?? top[0]?.[0] === label;
  const tile = make(
    "button",
    { type: "button", class: is ? "picture-tile right" : "picture-tile wrong" },
    pixels(picture),
    make("span", { class: "tile-class" }, verdict(is), title(classes[label])),
    make("span", { class: "hidden" }, is ? ", right: " : ", wrong: "),
    ...top.map(([index, p]) => line(classes[index], p, index === label)),
  );
  return tile;
}

function line(name, p, right) {
  const length = make("span", { class: "bar-length" });
  length.style.setProperty("--share", String(p));
  return make(
    "span",
    { class: right ? "tile-bar true" : "tile-bar" },
    make("span", { class: "bar-room" }, length),
    named(name),
    make("span", { class: "tile-chance" }, ` ${chance(p)} `),
  );
}

/** A class' name on a few lines; a long one is cut in its middle. */
const title = (name) => (name.length > WRAPPED ? named(name) : make("span", { class: "tile-name", title: name }, name));

/** A tile for `{picture, label}` alone. */
function plain({ picture, label }, classes) {
  const tile = make("button", { type: "button", class: "picture-tile small" }, pixels(picture));
  const name = classes[label] ?? "picture";
  tile.setAttribute("aria-label", `${name}: try it`);
  tile.title = name;
  return tile;
}

/**
 * A list of tiles: `{element, show(pictures, classes)}`; a click calls `open(picture's document)`.
 *
 * Arrow keys move from tile to tile, and one tile at a time is reached by Tab. Pictures with `top`
 * are shown with what they were taken for. `more` is shown once a tile was chosen.
 */
export function gallery(label, open, more = null) {
  const list = make("ul", { class: "gallery", "aria-label": label });
  const after = make("p", { class: "small", role: "status" });
  const element = make("div", {}, list, more && after);
  let tiles = [];
  let at = 0;

  function reach(place, focus) {
    at = Math.min(Math.max(0, place), tiles.length - 1);
    tiles.forEach((tile, i) => (tile.tabIndex = i === at ? 0 : -1));
    if (focus) tiles[at]?.focus();
  }

  list.addEventListener("keydown", (event) => {
    const columns = Math.max(1, tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const end = { Home: 0, End: tiles.length - 1 }[event.key];
    if (step === undefined && end === undefined) return;
    const place = end ?? at + step;
    if (place >= 0 && place < tiles.length) reach(place, true);
    event.preventDefault();
  });

  return {
    element,
    get busy() {
      return list.matches(":hover, :focus-within");
    },
    show(pictures, classes) {
      const focused = element.contains(document.activeElement);
      tiles = pictures.map((found) => (found.top ? judged(found, classes) : plain(found, classes)));
      tiles.forEach((tile, i) => {
        tile.addEventListener("click", () => {
          reach(i);
          tiles.forEach((other, j) => (j === i ? other.setAttribute("aria-current", "true") : other.removeAttribute("aria-current")));
          if (more) after.replaceChildren(more());
          open(pictures[i]);
        });
      });
      list.replaceChildren(...tiles.map((tile) => make("li", {}, tile)));
      after.replaceChildren();
      reach(at, focused);
    },
  };
}
