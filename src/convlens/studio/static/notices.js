/** What the studio has to say: a lost connection, an error, notes and warnings to put away. */

import { make } from "../report/words.js";
import { faultLine, sentence } from "./fault.js";
import { onWaiting } from "./waiting.js";

const GONE = "The studio was ended or is not reachable. This page goes on by itself when it is there again.";
const BUSY = "The finished network is being tested. What you asked for is answered right after that.";
const PATIENCE = 1500; // a reload of the server is not worth a banner

/** Keep the list of notices in `root`. */
export function notices(root, { api, store }) {
  const connection = make("div", { class: "notice", role: "alert", hidden: true }, make("p", {}, GONE));
  connection.dataset.kind = "error";
  const error = make("div", { class: "notice", role: "alert", hidden: true });
  error.dataset.kind = "error";
  const busy = make("div", { class: "notice passing", role: "status", hidden: true }); // wherever one is on the page
  const list = make("div", {});
  const refused = faultLine();
  root.append(connection, error, busy, list, refused.element);

  let waiting = null;
  store.on("connection", (now) => {
    clearTimeout(waiting);
    if (now === "open") connection.hidden = true;
    else waiting = setTimeout(() => (connection.hidden = false), PATIENCE);
  });

  let [judging, waited] = [false, false];
  const tellBusy = () => {
    if (busy.hidden !== (judging && waited)) return;
    busy.hidden = !busy.hidden;
    busy.replaceChildren(...(busy.hidden ? [] : [make("p", {}, BUSY)]));
  };
  onWaiting((now) => {
    waited = now;
    tellBusy();
  });

  const standing = new Map();
  const dismiss = async (id) => {
    refused.clear();
    try {
      await api.post(`notes/${id}/dismiss`);
      standing.get(id)?.remove();
      standing.delete(id);
    } catch (fault) {
      refused.show(fault);
    }
  };
  store.on("state", (state) => {
    failure(error, state.error);
    judging = state.phase === "judging";
    tellBusy();
    sort(list, standing, state.notes ?? [], dismiss);
  });
}

function failure(element, error) {
  const text = error ? [error.message, error.hint].filter(Boolean).map(sentence).join("\n") : "";
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  element.hidden = !text;
  element.replaceChildren(make("div", {}, ...text.split("\n").map((line) => make("p", {}, line))));
}

/** Put in what is new, take out what is gone; what stays is left alone, with the focus in it. */
function sort(list, standing, notes, dismiss) {
  const wanted = new Set(notes.map(({ id }) => id));
  for (const [id, element] of standing) {
    if (wanted.has(id)) continue;
    element.remove();
    standing.delete(id);
  }
  for (const { id, kind, text } of notes) {
    if (standing.has(id)) continue;
    const told = make("p", { id: `note-${id}` }, sentence(text));
    const button = make("button", { type: "button", class: "plain tight", "aria-describedby": told.id }, "Dismiss");
    button.addEventListener("click", () => dismiss(id));
    const element = make("div", { class: "notice" }, told, button);
    element.dataset.kind = kind;
    standing.set(id, element);
    list.append(element);
  }
}
