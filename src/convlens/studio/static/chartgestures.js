/** Mouse, fingers, wheel and keys over a plot, as zooming, panning and reading. */

const DRAGGED = 6; // pixels before a press becomes a drag
const WHEEL = 0.0022;

/**
 * Listen to a canvas. `actions` has `geometry()` (scales and box of the last drawing), `read(x, how)`,
 * `leave()`, `zoom(factor, x)`, `pan(part)`, `choose({x0, x1, y0, y1} in pixels, done)`, `whole()`,
 * `move(way, far)`.
 */
export function gestures(canvas, actions) {
  const fingers = new Map();
  let drag = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const valueOf = (x) => actions.geometry().x.value(x);

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, at(event));
      actions.read(valueOf(at(event)[0]), "pointer");
      return;
    }
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    drag = { from: at(event), pan: event.shiftKey, far: false, last: at(event)[0] };
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    if (fingers.has(event.pointerId)) return finger(event.pointerId, [x, y]);
    if (!drag) return actions.read(valueOf(x), "pointer");
    drag.far ||= Math.hypot(x - drag.from[0], y - drag.from[1]) > DRAGGED;
    if (!drag.far) return;
    const { box } = actions.geometry();
    if (drag.pan) {
      actions.pan((drag.last - x) / (box.right - box.left));
      drag.last = x;
    } else {
      actions.choose(selection(drag.from, [x, y], box), false);
    }
  });
  const end = (event) => {
    fingers.delete(event.pointerId);
    if (drag?.far && !drag.pan && event.type === "pointerup")
      actions.choose(selection(drag.from, at(event), actions.geometry().box), true);
    else if (drag) actions.choose(null, false);
    drag = null;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => drag || fingers.size || actions.leave());
  canvas.addEventListener("dblclick", () => actions.whole());

  /** Two fingers: the distance between them zooms, their middle pans. */
  function finger(id, place) {
    const before = [...fingers.values()];
    fingers.set(id, place);
    if (fingers.size !== 2) return actions.read(valueOf(place[0]), "pointer");
    const after = [...fingers.values()];
    const { box } = actions.geometry();
    const middle = ([a, b]) => (a[0] + b[0]) / 2;
    const apart = ([a, b]) => Math.max(20, Math.hypot(a[0] - b[0], a[1] - b[1]));
    actions.zoom(apart(after) / apart(before), valueOf(middle(before)));
    actions.pan((middle(before) - middle(after)) / (box.right - box.left));
  }

  canvas.addEventListener(
    "wheel",
    (event) => {
      // an unfocused chart lets the page scroll on under the mouse
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
      event.preventDefault();
      const { box } = actions.geometry();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) actions.pan(event.deltaX / (box.right - box.left));
      else actions.zoom(Math.exp(-event.deltaY * WHEEL), valueOf(at(event)[0]));
    },
    { passive: false },
  );

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act(actions, event.shiftKey);
  });
}

const KEYS = {
  ArrowLeft: (actions, shift) => (shift ? actions.pan(-0.2) : actions.move(-1, false)),
  ArrowRight: (actions, shift) => (shift ? actions.pan(0.2) : actions.move(1, false)),
  PageUp: (actions) => actions.move(-1, true),
  PageDown: (actions) => actions.move(1, true),
  Home: (actions) => actions.move(-Infinity, false),
  End: (actions) => actions.move(Infinity, false),
  "+": (actions) => actions.zoom(1.5),
  "=": (actions) => actions.zoom(1.5),
  "-": (actions) => actions.zoom(1 / 1.5),
  0: (actions) => actions.whole(),
  Escape: (actions) => actions.whole(),
};

const THIN = 14; // a drag flatter than this chooses along x only

function selection([x0, y0], [x1, y1], box) {
  const clip = (value, low, high) => Math.min(high, Math.max(low, value));
  const flat = Math.abs(y1 - y0) < THIN;
  return {
    x0: clip(x0, box.left, box.right),
    x1: clip(x1, box.left, box.right),
    y0: flat ? null : clip(y0, box.top, box.bottom),
    y1: flat ? null : clip(y1, box.top, box.bottom),
  };
}
