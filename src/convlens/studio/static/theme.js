/** Light or dark: the system's choice until the reader makes another, which is remembered. */

const CHOICES = ["system", "light", "dark"];
const WORDS = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const KEY = "convlens-theme";

/** Let the switch go round the choices; canvases hear of it by the document's event "themed". */
export function theme(button) {
  let chosen = CHOICES.includes(remembered()) ? remembered() : "system";
  const set = () => {
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    button.textContent = WORDS[chosen];
    document.dispatchEvent(new Event("themed"));
  };
  button.addEventListener("click", () => {
    chosen = CHOICES[(CHOICES.indexOf(chosen) + 1) % CHOICES.length];
    remember(chosen);
    set();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", set);
  set();
}

// A browser may refuse to store anything: the choice then lasts as long as the page.
function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(chosen) {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // see above
  }
}
