/** The drawing pad: finger, pen, mouse or arrow keys. */

import { make } from "../report/words.js";
import { Strokes } from "./strokes.js";

const SIDE = 320;
const THIN = 0.03;
const THICK = 0.25;
const USUAL = 0.09;
const NETWORK_PIXELS = 1.2; // a line thinner than that is lost when it is made small
const KEY_STEP = 1 / 40;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const BY_POINTER = "by-pointer"; // who draws with a pointer needs no pen shown, nor where the keys go
const KEYS =
  "Arrow keys move the pen, with Shift further; Space puts it down and lifts it; Backspace takes back the last stroke.";

/**
 * `{element, setUp(input, dark), blob(), clear(), empty}`; `changed()` is called as one draws.
 *
 * `setUp` fits the pad to the network's input {width, height, depth} and to whether the pictures
 * that it learned from are light on dark.
 */
export function pad(changed) {
  const strokes = new Strokes();
  const canvas = make("canvas", { class: "pad", tabIndex: 0, role: "application", "aria-label": "Drawing pad" });
  const cursor = make("span", { class: "pad-cursor", hidden: true });
  const empty = make("p", { class: "pad-hint", "aria-hidden": "true" }, "Draw here");
  const said = make("p", { class: "hidden", role: "status" });
  const keys = make("p", { class: "hidden", id: "pad-keys" }, KEYS);
  canvas.setAttribute("aria-describedby", keys.id);
  const tools = penTools();
  const undo = make("button", { type: "button", class: "plain", disabled: true }, "Undo");
  const clear = make("button", { type: "button", class: "plain", disabled: true }, "Clear");
  const room = make("div", { class: "pad-room" }, canvas, cursor, empty);
  const element = make("div", { class: "drawing-pad" }, room, keys, said, tools.element,
                       make("div", { class: "row" }, undo, clear)); // prettier-ignore
  let fitted = "";
  let height = 1; // of the pad, in widths

  const repaint = () => strokes.paint(canvas, tools.pen, tools.paper);

  function mark() {
    undo.disabled = !strokes.undoable;
    clear.disabled = strokes.empty;
    empty.hidden = !strokes.empty;
    room.classList.toggle("on-dark", tools.darkPaper);
  }

  function after() {
    mark();
    changed();
  }

  function wipe() {
    strokes.clear();
    repaint();
    mark();
  }

  function takeBack() {
    if (!strokes.undoable) return;
    strokes.undo();
    repaint();
    after();
    said.textContent = strokes.empty ? "the pad is empty" : "the last stroke is taken back";
  }

  undo.addEventListener("click", takeBack);
  clear.addEventListener("click", () => {
    wipe();
    changed();
  });
  tools.changed(() => {
    repaint();
    mark();
    if (!strokes.empty) changed();
  });

  const begin = () => strokes.begin(tools.width, tools.colour);
  const draw = (points) => {
    const from = strokes.lastLength;
    for (const point of points) strokes.add(point);
    strokes.paintLast(canvas, from, tools.pen);
    after();
  };
  const end = () => strokes.settle(canvas, tools.pen);
  byPointer(canvas, { begin, draw, end });
  byKeys(canvas, cursor, said, { begin, draw, end, takeBack, height: () => height });

  function setUp({ width, height: rows, depth }, dark) {
    const fits = [width, rows, depth, dark].join();
    if (fits === fitted) return;
    fitted = fits;
    height = rows / width;
    const unit = SIDE / Math.max(width, rows);
    canvas.width = Math.round(width * unit);
    canvas.height = Math.round(rows * unit);
    room.style.setProperty("--sides", `${width} / ${rows}`);
    tools.setUp(depth > 1, dark, Math.min(THICK, Math.max(USUAL, NETWORK_PIXELS / width)));
    wipe();
  }

  return {
    element,
    setUp,
    clear: wipe,
    get empty() {
      return strokes.empty;
    },
    /** The drawing as a PNG. */
    blob: () => new Promise((ready) => canvas.toBlob(ready, "image/png")),
  };
}

/** What draws with a pointer that is down: every point since the last event, with its pressure. */
function byPointer(canvas, { begin, draw, end }) {
  let drawing = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const pressed = event.pointerType === "pen" && event.pressure > 0 ? 0.5 + event.pressure : 1;
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.width, pressed];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.classList.add(BY_POINTER);
    if (drawing !== null || event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    drawing = event.pointerId;
    begin();
    draw([place(event)]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    const missed = event.getCoalescedEvents?.() ?? [];
    draw((missed.length ? missed : [event]).map(place));
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId !== drawing) return;
      drawing = null;
      end();
    });
  }
}

/** What draws with the keyboard: a pen that is moved, put down and lifted. */
function byKeys(canvas, cursor, said, { begin, draw, end, takeBack, height }) {
  let at = [0.5, 0.5];
  let down = false;

  function show() {
    cursor.hidden = canvas.classList.contains(BY_POINTER);
    cursor.classList.toggle("down", down);
    cursor.style.setProperty("--x", `${100 * at[0]}%`);
    cursor.style.setProperty("--y", `${(100 * at[1]) / height()}%`);
  }

  function lift() {
    if (!down) return;
    down = false;
    end();
    said.textContent = "pen lifted";
  }

  const within = (value, most) => Math.min(most, Math.max(0, value));

  canvas.addEventListener("keydown", (event) => {
    canvas.classList.remove(BY_POINTER);
    const move = MOVES[event.key];
    if (move) {
      const far = KEY_STEP * (event.shiftKey ? 4 : 1);
      at = [within(at[0] + far * move[0], 1), within(at[1] + far * move[1], height())];
      if (down) draw([[...at, 1]]);
    } else if (event.key === " ") {
      if (down) lift();
      else {
        down = true;
        begin();
        draw([[...at, 1]]);
        said.textContent = "pen down";
      }
    } else if (event.key === "Backspace" || (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey))) {
      lift();
      takeBack();
    } else if (event.key === "Escape") lift();
    else return;
    event.preventDefault();
    show();
  });
  canvas.addEventListener("focus", show);
  canvas.addEventListener("blur", () => {
    canvas.classList.remove(BY_POINTER);
    lift();
    cursor.hidden = true;
  });
}

/** The pen: its width, and its colour or whether it is light on dark. */
function penTools() {
  let listener = () => {};
  const range = make("input", { type: "range", min: THIN, max: THICK, step: 0.01, value: USUAL });
  const kind = make("select", {}, make("option", { value: "light" }, "light on dark"),
                    make("option", { value: "dark" }, "dark on light")); // prettier-ignore
  const pen = make("input", { type: "color", value: "#000000" });
  const paper = make("input", { type: "color", value: "#ffffff" });
  const label = (text, field) => make("label", {}, make("span", {}, text), field);
  const grey = label("Pen", kind);
  const colours = [label("Pen colour", pen), label("Paper colour", paper)];
  const element = make("div", { class: "pen-tools" }, label("Pen width", range), grey, ...colours);
  const tools = {
    element,
    changed: (listen) => (listener = listen),
    get width() {
      return Number(range.value);
    },
    get pen() {
      return grey.hidden ? pen.value : kind.value === "light" ? "#ffffff" : "#000000";
    },
    get paper() {
      return grey.hidden ? paper.value : kind.value === "light" ? "#000000" : "#ffffff";
    },
    /** The colour that a stroke keeps, or null where it goes with the pen's. */
    get colour() {
      return grey.hidden ? pen.value : null;
    },
    get darkPaper() {
      const [red, green, blue] = [1, 3, 5].map((at) => parseInt(tools.paper.slice(at, at + 2), 16));
      return 0.3 * red + 0.59 * green + 0.11 * blue < 128;
    },
    setUp(coloured, dark, width) {
      grey.hidden = coloured;
      for (const field of colours) field.hidden = !coloured;
      kind.value = dark ? "light" : "dark";
      [pen.value, paper.value] = dark ? ["#ffffff", "#000000"] : ["#000000", "#ffffff"];
      range.value = width;
    },
  };
  for (const field of [kind, paper]) field.addEventListener("input", () => listener());
  return tools;
}
