/** The table of what was taken for what. */

import { make } from "../report/words.js";
import { named } from "./named.js";
import { count, share } from "./say.js";

const MOST = 100; // classes in the table: ten thousand cells are what a browser lays out at once
const SHORT = 3; // names up to this length stand upright above their columns

/** `{element, show(result, classes)}`; `open(is, said, cell)` is called with a cell that is chosen. */
export function confusionPart(explain, open) {
  const order = make("button", { type: "button", class: "plain tight", "aria-pressed": "false" }, "Most mistakes first");
  const room = make("div", { class: "confusion-room scroll", tabIndex: -1 });
  const left = make("p", { class: "small", hidden: true });
  const element = make(
    "div",
    { class: "confusion-part" },
    make("div", { class: "test-head" }, make("h3", {}, "What is taken for what", explain("confusion table")), order),
    make("p", { class: "small" }, "Each row is a true class, each column what its pictures were taken for. Choose a cell to see its pictures."),
    room,
    left,
  );
  let last = null;

  function show(result, classes) {
    last = [result, classes];
    const mistaken = mistakesOf(result.confused, classes.length);
    const sorted = order.getAttribute("aria-pressed") === "true" || classes.length > MOST;
    const shown = classes.map((_, i) => i);
    if (sorted) shown.sort((a, b) => mistaken[b] - mistaken[a] || a - b);
    shown.length = Math.min(shown.length, MOST);
    room.replaceChildren(table(result, classes, shown, open));
    order.hidden = classes.length > MOST;
    left.hidden = classes.length <= MOST;
    left.textContent = `The ${MOST} of ${count(classes.length)} classes with most mistakes.`;
  }

  order.addEventListener("click", () => {
    order.setAttribute("aria-pressed", String(order.getAttribute("aria-pressed") !== "true"));
    if (last) show(...last);
  });

  return { element, show };
}

/** For each of so many classes how many pictures of it, or taken for it, were mistaken. */
export function mistakesOf(confused, classes) {
  const sums = new Array(classes).fill(0);
  for (const [is, said, pictures] of confused) {
    if (is === said) continue;
    sums[is] += pictures;
    sums[said] += pictures;
  }
  return sums;
}

function table({ confused, recalls }, classes, shown, open) {
  const upright = shown.every((i) => classes[i].length <= SHORT);
  const heading = (i) => make("th", { scope: "col", role: "columnheader" }, named(classes[i]));
  const head = make(
    "tr",
    { role: "row" },
    make("th", { class: "corner", role: "columnheader" }, make("span", { class: "hidden" }, "True class")),
    ...shown.map(heading),
    make("th", { class: "recall", scope: "col", role: "columnheader" }, "Recall"),
  );
  const grid = make("table", { class: upright ? "confusion upright" : "confusion", role: "grid", "aria-label": "Confusion table" });
  grid.append(make("thead", { role: "rowgroup" }, head));
  const body = make("tbody", { role: "rowgroup" });
  const rows = new Map(shown.map((is) => [is, new Map()]));
  for (const [is, said, pictures] of confused) rows.get(is)?.set(said, pictures);
  shown.forEach((is, y) => {
    const found = rows.get(is);
    const of = [...found.values()].reduce((sum, pictures) => sum + pictures, 0);
    const row = make("tr", { role: "row" }, make("th", { scope: "row", role: "rowheader" }, named(classes[is])));
    shown.forEach((said, x) => row.append(cell(found.get(said) ?? 0, of, classes, [is, said], [x, y])));
    row.append(make("td", { class: "recall", role: "gridcell" }, recalls[is] === null ? "–" : share(recalls[is], 0)));
    body.append(row);
  });
  grid.append(body);
  reachable(grid, open);
  return grid;
}

function cell(pictures, of, classes, [is, said], [x, y]) {
  const found = make("td", { role: "gridcell", tabIndex: x + y === 0 ? 0 : -1 }, pictures ? count(pictures) : "");
  found.dataset.is = is;
  found.dataset.said = said;
  found.className = pictures === 0 ? "none" : is === said ? "right" : "wrong";
  if (is === said) found.classList.add("diagonal");
  // The root, so that the few mistakes of a good network can be told from none.
  found.style.setProperty("--heat", of ? Math.sqrt(pictures / of).toFixed(3) : "0");
  found.setAttribute("aria-label", `${classes[is]} taken for ${classes[said]}: ${count(pictures)}`);
  return found;
}

/** One cell is reached by Tab, the others by arrow keys; a click or Enter opens. */
function reachable(grid, open) {
  let at = grid.querySelector("td[data-is]");
  const cells = [...grid.tBodies[0].rows].map((row) => [...row.cells].filter((c) => c.dataset.is !== undefined));

  function reach(next) {
    if (!next) return;
    at.tabIndex = -1;
    at = next;
    at.tabIndex = 0;
    at.focus();
  }

  const choose = (found) => open(Number(found.dataset.is), Number(found.dataset.said), found);

  grid.addEventListener("click", (event) => {
    const found = event.target.closest("td[data-is]");
    if (!found) return;
    reach(found);
    choose(found);
  });
  grid.addEventListener("keydown", (event) => {
    const y = cells.findIndex((row) => row.includes(at));
    const x = cells[y].indexOf(at);
    const end = cells[y].length - 1;
    const moves = {
      ArrowLeft: [x - 1, y],
      ArrowRight: [x + 1, y],
      ArrowUp: [x, y - 1],
      ArrowDown: [x, y + 1],
      Home: [0, event.ctrlKey ? 0 : y],
      End: [end, event.ctrlKey ? cells.length - 1 : y],
    };
    if (moves[event.key]) reach(cells[moves[event.key][1]]?.[moves[event.key][0]]);
    else if (event.key === "Enter" || event.key === " ") choose(at);
    else return;
    event.preventDefault();
  });
}
