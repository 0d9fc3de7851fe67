/** Pictures that come from outside the page: chosen, dropped, or pasted. */

import { make } from "../report/words.js";
import { bytesOf, dropping } from "./dropping.js";
import { faultLine } from "./fault.js";
import { bytes } from "./say.js";

const MOST = 32 * 2 ** 20;

/**
 * `{element, trouble}`: a button for files, and where it is said that one cannot be taken.
 *
 * Files may be dropped anywhere on `root`, and pasted anywhere on the page except into text;
 * `taken(blob, name)` is called with each that may be sent, its bytes read: a file may change or
 * go while its picture is looked at.
 */
export function incoming(root, taken) {
  const field = make("input", { type: "file", accept: "image/*", class: "hidden" });
  const element = make("label", { class: "plain upload" }, "Upload a picture", field);
  const trouble = faultLine();

  async function offer(files) {
    try {
      const [file] = files;
      taken(await read(file), file.name);
      if (files.length > 1) trouble.show({ message: `of ${files.length} files the first is shown`, hint: "" });
    } catch (fault) {
      trouble.show(fault);
    }
  }

  field.addEventListener("change", () => {
    if (field.files.length) offer([...field.files]);
    field.value = ""; // the same file may be chosen again
  });
  dropping(root, "dropping", offer);
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return; // text goes where it belongs
    event.preventDefault();
    offer(files);
    root.scrollIntoView({ block: "nearest" });
  });

  return { element, trouble };
}

/** The bytes of a file that may be sent, with its type. */
async function read(file) {
  if (!file) throw { message: "that was not a file", hint: "save the picture first, then drop the file" };
  const name = file.name || "the file";
  if (file.size > MOST) {
    throw { message: `${name} has ${bytes(file.size)}`, hint: `at most ${bytes(MOST)} can be sent; make it smaller first` };
  }
  const content = await bytesOf(file);
  if (content.byteLength === 0) throw { message: `${name} is empty`, hint: "" };
  return new Blob([content], { type: file.type });
}
