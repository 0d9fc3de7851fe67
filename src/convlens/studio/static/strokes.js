/** A drawing as strokes: what can be undone, and painted anew at any size. */

const MOST_STROKES = 300;

/**
 * Strokes of points [x, y, pressure], in units of the drawing's width, widths likewise.
 *
 * The oldest of more than three hundred become part of the paper and can no longer be undone.
 */
export class Strokes {
  #strokes = [];
  #paper = null;

  get empty() {
    return this.#strokes.length === 0 && this.#paper === null;
  }

  get undoable() {
    return this.#strokes.length > 0;
  }

  /** Begin a stroke; `colour` null is the pen's colour of the moment, whatever it becomes. */
  begin(width, colour) {
    this.#strokes.push({ width, colour, points: [] });
  }

  add(point) {
    this.#strokes.at(-1).points.push(point);
  }

  undo() {
    this.#strokes.pop();
  }

  clear() {
    this.#strokes = [];
    this.#paper = null;
  }

  /** Paint all on `canvas`. */
  paint(canvas, pen, paper) {
    const context = canvas.getContext("2d");
    context.fillStyle = paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (this.#paper) context.drawImage(this.#paper, 0, 0, canvas.width, canvas.height);
    for (const stroke of this.#strokes) paintStroke(context, stroke, 0, pen);
  }

  /** Paint what the last stroke has from its point number `from` on. */
  paintLast(canvas, from, pen) {
    paintStroke(canvas.getContext("2d"), this.#strokes.at(-1), from, pen);
  }

  get lastLength() {
    return this.#strokes.at(-1).points.length;
  }

  /** Keep the number of strokes bounded. */
  settle(canvas, pen) {
    while (this.#strokes.length > MOST_STROKES) {
      if (!this.#paper) {
        this.#paper = document.createElement("canvas");
        [this.#paper.width, this.#paper.height] = [canvas.width, canvas.height];
      }
      paintStroke(this.#paper.getContext("2d"), this.#strokes.shift(), 0, pen);
    }
  }
}

function paintStroke(context, { width, colour, points }, from, pen) {
  const unit = context.canvas.width;
  context.strokeStyle = context.fillStyle = colour ?? pen;
  context.lineCap = context.lineJoin = "round";
  for (let i = Math.max(0, from); i < points.length; i++) {
    const [x, y, pressure] = points[i];
    const [x0, y0] = points[Math.max(0, i - 1)];
    context.lineWidth = Math.max(1, width * pressure * unit);
    context.beginPath();
    context.moveTo(x0 * unit, y0 * unit);
    context.lineTo(x * unit, y * unit + (i === 0 ? 0.01 : 0)); // a dot, too, has a length
    context.stroke();
  }
}
