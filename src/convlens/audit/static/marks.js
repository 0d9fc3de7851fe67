/** Marks on the pictures of the page, kept by the browser, and the list of them as a text. */

"use strict";

const told = JSON.parse(document.getElementById("marking").textContent);
const find = (id) => document.getElementById(id);
const boxes = [...document.querySelectorAll("input.mark")];
const onPage = new Set(boxes.map((box) => box.dataset.file));
let marked = remembered();
let unmarked = null; // what the last "Unmark all" took away, until something else is marked

/** The marks of an earlier visit to a page on the same pictures. */
function remembered() {
  try {
    const names = JSON.parse(localStorage.getItem(told.key) ?? "[]");
    return new Set(Array.isArray(names) ? names.filter((name) => typeof name === "string") : []);
  } catch {
    return new Set(); // a browser that keeps nothing for pages from disk
  }
}

function remember() {
  try {
    if (marked.size) localStorage.setItem(told.key, JSON.stringify([...marked]));
    else localStorage.removeItem(told.key);
  } catch {
    // the marks then last as long as the page
  }
}

/** Mark or unmark files, wherever they are shown. */
function set(files, on) {
  for (const file of files) on ? marked.add(file) : marked.delete(file);
  unmarked = null;
  remember();
  show();
}

/** The files of a finding that its buttons are about: those shown, and the copies that are not. */
function filesOf(article) {
  const shown = [...article.querySelectorAll("input.mark")].map((box) => box.dataset.file);
  return new Set([...shown, ...(told.copies[article.id] ?? [])]);
}

const counted = (number) => `${number.toLocaleString("en")} ${number === 1 ? "picture" : "pictures"}`;

function show() {
  for (const box of boxes) {
    box.checked = marked.has(box.dataset.file);
    box.closest(".shot").classList.toggle("out", box.checked);
  }
  for (const article of document.querySelectorAll(".finding:has(input.mark)")) {
    const number = [...filesOf(article)].filter((file) => marked.has(file)).length;
    article.querySelector(".count").textContent = number ? `${number.toLocaleString("en")} marked` : "";
    article.querySelector(".unmark").disabled = number === 0;
  }
  const hidden = [...marked].filter((file) => !onPage.has(file)).length;
  let line = `${counted(marked.size)} marked`;
  if (hidden) line += `, ${hidden.toLocaleString("en")} of them not shown on this page`;
  if (told.before.length) line += `; ${told.before.length.toLocaleString("en")} left out already are on the list too`;
  find("marked").textContent = marked.size ? line : "No picture is marked.";
  for (const part of document.querySelectorAll(".with-marks")) part.hidden = marked.size === 0;
  find("none").hidden = marked.size > 0;
  find("again").hidden = unmarked === null;
  find("list").hidden = true;
  find("done").textContent = "";
}

/** The list: a picture in each line, those that were left out of the check already among them. */
function list() {
  const names = [...new Set([...told.before, ...marked])].sort();
  const lines = names.map((name) => (name.startsWith("#") ? `./${name}` : name)); // no comment
  return [told.head, ...lines, ""].join("\n");
}

function save() {
  const address = URL.createObjectURL(new Blob([list()], { type: "text/plain;charset=utf-8" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: told.file });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  find("done").textContent = `Saved as ${told.file} where this browser puts its downloads.`;
}

async function copy() {
  try {
    await navigator.clipboard.writeText(list());
    find("done").textContent = `Copied: save it as ${told.file}.`;
  } catch {
    const text = find("list");
    text.hidden = false;
    text.value = list();
    text.select();
    find("done").textContent = `Copy this text, and save it as ${told.file}.`;
  }
}

for (const box of boxes) box.addEventListener("change", () => set([box.dataset.file], box.checked));
for (const article of document.querySelectorAll(".finding:has(input.mark)")) {
  const chosen = () => told.copies[article.id] ?? filesOf(article);
  article.querySelector(".mark-all").addEventListener("click", () => set(chosen(), true));
  article.querySelector(".unmark").addEventListener("click", () => set(filesOf(article), false));
}
find("save").addEventListener("click", save);
find("copy").addEventListener("click", copy);
find("unmark").addEventListener("click", () => {
  const before = [...marked];
  set(before, false);
  unmarked = before;
  show();
});
find("again").addEventListener("click", () => set(unmarked ?? [], true));
addEventListener("storage", (event) => {
  if (event.key !== told.key && event.key !== null) return;
  marked = remembered(); // the same page in another tab
  show();
});

show();
document.documentElement.dataset.ready = "";
