/** Pictures that come from outside the page: chosen, dropped, or pasted. */

import { make } from "../report/words.js";
import { faultLine } from "./fault.js";
import { bytes } from "./say.js";

const MOST = 32 * 2 ** 20;

/**
 * `{element, trouble}`: a button for files, and where it is said that one cannot be taken.
 *
 * Files may be dropped anywhere on `root`, and pasted anywhere on the page except into text;
 * `taken(file)` is called with each that may be sent.
 */
export function incoming(root, taken) {
  const field = make("input", { type: "file", accept: "image/*", class: "hidden" });
  const element = make("label", { class: "plain upload" }, "Upload a picture", field);
  const trouble = faultLine();

  function offer(files) {
    trouble.clear();
    const [file] = files;
    if (!file) return trouble.show({ message: "that was not a file", hint: "save the picture first, then drop the file" });
    if (file.size > MOST) {
      const hint = `at most ${bytes(MOST)} can be sent; make it smaller first`;
      return trouble.show({ message: `${file.name} has ${bytes(file.size)}`, hint });
    }
    if (file.size === 0) return trouble.show({ message: `${file.name || "the file"} is empty`, hint: "" });
    taken(file);
    if (files.length > 1) trouble.show({ message: `of ${files.length} files the first is shown`, hint: "" });
  }

  field.addEventListener("change", () => {
    if (field.files.length) offer([...field.files]);
    field.value = ""; // the same file may be chosen again
  });

  let depth = 0; // dragenter and dragleave are told of every element that is crossed
  const over = (change) => {
    depth = Math.max(0, change === 0 ? 0 : depth + change);
    root.classList.toggle("dropping", depth > 0);
  };
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].some((t) => t === "Files" || t === "text/uri-list");
  root.addEventListener("dragenter", (event) => carriesFiles(event) && over(1));
  root.addEventListener("dragleave", (event) => carriesFiles(event) && over(-1));
  root.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    over(0);
    offer([...event.dataTransfer.files]);
  });

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return; // text goes where it belongs
    event.preventDefault();
    offer(files);
    root.scrollIntoView({ block: "nearest" });
  });

  return { element, trouble };
}
