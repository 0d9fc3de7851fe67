/** Files that are dropped on a part of the page, and only there. */

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].some((type) => type === "Files" || type === "text/uri-list");

// Dropped elsewhere a browser would show the file in place of the page.
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    if (event.defaultPrevented || !carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}

/** Call `dropped(files)` with what is dropped on `root`, which has the class `mark` while it is over it. */
export function dropping(root, mark, dropped) {
  let depth = 0; // dragenter and dragleave are told of every element that is crossed
  const over = (now) => {
    depth = Math.max(0, now);
    root.classList.toggle(mark, depth > 0);
  };
  root.addEventListener("dragenter", (event) => carriesFiles(event) && over(depth + 1));
  root.addEventListener("dragleave", (event) => carriesFiles(event) && over(depth - 1));
  root.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  root.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    over(0);
    dropped([...event.dataTransfer.files]);
  });
}

/** The bytes of `file` from `begin` to `end`; what cannot be read, as a folder, is a fault to be shown. */
export async function bytesOf(file, begin = 0, end = file.size) {
  try {
    return await file.slice(begin, end).arrayBuffer();
  } catch {
    throw { message: `${file.name || "the file"} is a folder, or cannot be read`, hint: "give one file that is there" };
  }
}
