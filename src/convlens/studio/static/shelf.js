/** Pictures to choose from, a page at a time: of a part, of a class, the next, one at random. */

import { make } from "../report/words.js";
import { address } from "./looking.js";
import { count } from "./say.js";

const PAGE = 18;
const REMEMBERED = 500;

/** The shelf; `classes()` names the classes, `failed(fault)` hears what the server refuses, or null. */
export function shelf({ api }, looking, { classes, failed }) {
  const element = make("div", { class: "strip", role: "group", "aria-label": "Pictures to choose from" });
  const where = make("span", { class: "where" });
  const state = { part: "", label: "", offset: 0, total: 0, pictures: [], asked: 0, own: null, names: new Map() };
  element.addEventListener("keydown", (event) => roam(element, event));

  const list = (part, label, offset, size) => {
    const asked = new URLSearchParams({ part, offset, count: size });
    if (label !== "") asked.set("class", label);
    return api.get(`pictures?${asked}`);
  };

  /** Show the page that begins at `offset`; its pictures, or null where another was asked for since. */
  async function turn(offset) {
    const turnAt = ++state.asked;
    try {
      const found = await list(state.part, state.label, offset, PAGE);
      if (turnAt !== state.asked) return null;
      Object.assign(state, { offset, total: found.total, pictures: found.pictures });
      failed(null);
    } catch (error) {
      if (error.status === undefined) throw error;
      failed(error);
      return null;
    }
    draw();
    return state.pictures;
  }

  function draw() {
    const last = state.offset + state.pictures.length;
    where.textContent = state.total ? `${count(state.offset + 1)}–${count(last)} of ${count(state.total)}` : "none of these";
    for (const one of state.pictures) remember(one);
    const own = state.own ? [{ picture: state.own, name: "your own picture" }] : [];
    element.replaceChildren(...own.concat(state.pictures).map(thumb));
    mark();
  }

  function thumb(one) {
    const image = make("img", { src: address(one.picture), alt: "", loading: "lazy", width: 44, height: 44 });
    const name = [classes()[one.label], one.name ?? one.picture].filter(Boolean).join(", ");
    const button = make("button", { type: "button", class: "thumb", title: name, "aria-label": name }, image);
    button.dataset.picture = one.picture;
    button.addEventListener("click", () => looking.choose(one.picture));
    return button;
  }

  /** Which of them is looked at; the Tab key stops at that one alone. */
  function mark() {
    const buttons = [...element.children];
    const current = buttons.find((button) => button.dataset.picture === looking.picture);
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button === current));
      button.tabIndex = button === (current ?? buttons[0]) ? 0 : -1;
    }
  }

  function remember(one) {
    if (state.names.size > REMEMBERED) state.names.clear();
    state.names.set(one.picture, one);
  }

  return {
    element,
    where,
    mark,

    /** Turn to the pictures of a part and class (an index, or "" for every class). */
    async of(part, label) {
      Object.assign(state, { part, label });
      const pictures = await turn(0);
      if (!looking.picture && pictures?.length) looking.choose(pictures[0].picture);
    },

    /** Look at the first of the page. */
    first() {
      if (state.pictures.length) looking.choose(state.pictures[0].picture);
    },

    /** Look at the picture before or behind the one looked at, among those of the part and class. */
    async move(by) {
      if (!state.total) return;
      const here = state.pictures.findIndex(({ picture }) => picture === looking.picture);
      const at = here < 0 ? state.offset : (state.offset + here + by + state.total) % state.total;
      const offset = Math.floor(at / PAGE) * PAGE;
      const pictures = offset === state.offset ? state.pictures : await turn(offset);
      if (pictures?.[at - offset]) looking.choose(pictures[at - offset].picture);
    },

    async random() {
      if (!state.total) return;
      const at = Math.floor(Math.random() * state.total);
      const pictures = await turn(Math.floor(at / PAGE) * PAGE);
      if (pictures) looking.choose(pictures[at % PAGE].picture);
    },

    /** Keep one's own picture at hand. */
    keep(picture) {
      if (state.own === picture) return;
      state.own = picture;
      draw();
    },

    /** What is known of a picture of a part: {picture, label, name}, or undefined. */
    async described(picture) {
      const [part, number] = picture.split(":");
      if (state.names.has(picture) || part === "upload") return state.names.get(picture);
      try {
        const [found] = (await list(part, "", Number(number), 1)).pictures;
        if (found?.picture === picture) remember(found);
      } catch (error) {
        if (error.status === undefined) throw error; // a picture can be looked at without its name
      }
      return state.names.get(picture);
    },

    /** Other pictures: nothing is known any more. */
    forget() {
      state.names.clear();
      Object.assign(state, { pictures: [], total: 0, offset: 0 });
    },
  };
}

/** The arrow keys go from picture to picture. */
function roam(strip, event) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const buttons = [...strip.children];
  const at = buttons.indexOf(event.target);
  if (!by || at < 0) return;
  event.preventDefault();
  buttons[Math.min(buttons.length - 1, Math.max(0, at + by))].focus();
}
