/** Random pictures with what they are taken for, anew while the network learns. */

import { make } from "../report/words.js";
import { asking, weightsOf } from "./asking.js";
import { faultLine } from "./fault.js";
import { partOf } from "./parts.js";
import { count, share } from "./say.js";
import { gallery, whereOpened } from "./thumbs.js";

const CALM = 4000;
const WINDOW = 200;
const TILE = 160;
const SEEDS = 2 ** 31;

/** `{element}`; `open(picture's document)` is called with a picture that is clicked. */
export function samplePart({ api, store, explain }, open) {
  const anew = make("button", { type: "button", class: "plain" }, "New pictures");
  const refresh = make("input", { type: "checkbox", checked: true });
  const tally = make("p", { class: "tally" });
  const after = make("p", { class: "small" }, "The network is being asked …");
  const tiles = gallery("Random pictures", open, whereOpened);
  const trouble = faultLine();
  const element = make(
    "div",
    { class: "sample" },
    make("div", { class: "test-head" }, make("h3", {}, "Random pictures", explain("views")),
         make("div", { class: "row" }, anew, make("label", { class: "choice" }, refresh, "New ones while it learns"))), // prettier-ignore
    tally,
    trouble.element,
    tiles.element,
    after,
  );
  let shows = ""; // weights, part
  let run = null;
  let pressed = true;
  let recent = [];

  const key = () => `${weightsOf(store.state)}/${partOf(store.state.data)}`;
  const learned = () => store.state.phase === "training" && refresh.checked && !tiles.busy && shows !== key();
  const due = () => Boolean(partOf(store.state?.data)) && (pressed || store.state.run?.id !== run || learned());

  const questions = asking(element, store, {
    due,
    ask,
    failed(fault) {
      pressed = false;
      shows = key();
      run = store.state.run?.id;
      trouble.show(fault);
    },
    pace: CALM,
  });

  /** As many as fill whole rows: two rows on a wide page, more on a narrow one. */
  function fitting() {
    const columns = Math.max(2, Math.floor(element.clientWidth / TILE));
    return columns * (columns >= 5 ? 2 : 3);
  }

  async function ask(signal) {
    const asked = key();
    const running = store.state.run?.id;
    const seed = Math.floor(Math.random() * SEEDS);
    const path = `test/sample?part=${partOf(store.state.data)}&count=${fitting()}&seed=${seed}`;
    const told = await api.get(path, { signal });
    if (told.unchanged) return;
    if (running !== run) recent = [];
    [pressed, shows, run] = [false, asked, running];
    recent = [...recent, ...told.pictures.map(({ right }) => right)].slice(-WINDOW);
    tiles.show(told.pictures, store.state.data.classes);
    const right = recent.filter(Boolean).length;
    tally.replaceChildren(
      make("b", {}, share(right / recent.length)),
      recent.length < 2 ? "" : ` of the last ${count(recent.length)} right`,
    );
    after.textContent = store.state.phase === "looking" ? "" : `After ${count(told.step)} steps.`;
    trouble.clear();
  }

  anew.addEventListener("click", () => {
    pressed = true;
    questions.again();
  });
  store.on("state", (state) => {
    if (state.run?.id !== run) trouble.clear(); // it was about another run
  });
  refresh.addEventListener("change", questions.nudge);
  for (const left of ["pointerleave", "focusout"]) tiles.element.addEventListener(left, questions.nudge);

  return { element };
}
