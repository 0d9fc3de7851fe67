/** The region "Test": how often the network is right on pictures it never learned from, and where not. */

import { make } from "../report/words.js";
import { confusionPart } from "./confusion.js";
import { mixups } from "./mixups.js";
import { paged } from "./paging.js";
import { WORTH, partOf } from "./parts.js";
import { samplePart } from "./sample.js";
import { count } from "./say.js";
import { testing } from "./testing.js";
import { openPicture } from "./thumbs.js";

const MANY = 30; // classes: their table does not fit the page, the list is read first

/** Fill the region. */
export function mount(root, context) {
  const { api, store, explain } = context;
  const worth = make("span", {});
  const term = make("span", {});
  const lead = make("p", { class: "lead-in quiet" }, worth, term);
  const none = make("p", { class: "quiet" });
  const open = ({ picture }) => openPicture(picture, "test");
  const classes = () => store.state?.data?.classes ?? [];

  const sample = samplePart(context, open);
  const cell = paged("Pictures of this cell", open, classes);
  const worst = paged("The worst mistakes", open, classes);
  const table = confusionPart(explain, openCell);
  const list = mixups(openCell);
  const all = testing(context, tested);

  const cellTitle = make("h3", { tabIndex: -1 });
  const closeCell = make("button", { type: "button", class: "plain tight" }, "Close");
  const cellPart = make("div", { class: "card test-cell", hidden: true },
                        make("div", { class: "test-head" }, cellTitle, closeCell), cell.element); // prettier-ignore
  const tables = make("div", { class: "test-tables" }, table.element, list.element);
  const worstPart = make("div", {}, make("h3", {}, "The worst mistakes"),
                         make("p", { class: "small" }, "Those that it was surest of. Some may be labelled wrongly."),
                         worst.element); // prettier-ignore
  const found = make("div", { class: "test-found", hidden: true }, tables, cellPart, worstPart);
  const body = make("div", { class: "test-body", hidden: true }, sample.element, all.element, found);
  root.append(lead, none, body);
  let from = null;

  function tested(result) {
    found.hidden = !result;
    cellPart.hidden = true;
    if (!result) return;
    table.show(result, classes());
    list.show(result, classes());
    const wrong = result.confused.reduce((sum, [is, said, pictures]) => sum + (is === said ? 0 : pictures), 0);
    tables.classList.toggle("many", classes().length > MANY);
    worstPart.hidden = wrong === 0;
    if (wrong) worst.show((offset, size) => api.get(`test/worst?offset=${offset}&count=${size}`));
  }

  function openCell(is, said, element) {
    from = element;
    const names = classes();
    cellTitle.textContent =
      is === said ? `“${names[is]}”, and taken for it` : `“${names[is]}”, taken for “${names[said]}”`;
    cellPart.hidden = false;
    cell.show((offset, size) => api.get(`test/cell?true=${is}&said=${said}&offset=${offset}&count=${size}`));
    cellTitle.focus({ preventScroll: true });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    cellPart.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "nearest" });
  }

  closeCell.addEventListener("click", () => {
    cellPart.hidden = true;
    if (from?.isConnected) from.focus();
  });

  let shownPart = null;
  store.on("state", ({ data, run, phase }) => {
    const part = partOf(data);
    const ready = Boolean(part) && Boolean(run || phase === "looking");
    body.hidden = !ready;
    none.hidden = ready;
    lead.hidden = !ready;
    none.textContent =
      data && !part && phase !== "reading"
        ? data.train
          ? "There were too few pictures to keep some aside. With about ten of each class, there are some to test on."
          : "There are no pictures to test on: open the studio with a folder of pictures."
        : "As soon as there is a network, it can be tested here.";
    if (!ready || part === shownPart) return;
    shownPart = part;
    worth.textContent = `${WORTH[part]} There are ${count(data[part])} of them. `;
    term.replaceChildren(explain(`${part} part`));
  });
}
