/** Light or dark: the system's choice until the reader makes another. */

const QUERY = "(prefers-color-scheme: dark)";
const rules = [...document.styleSheets]
  .flatMap((sheet) => [...sheet.cssRules])
  .filter((rule) => rule instanceof CSSMediaRule && rule.media.mediaText === QUERY);

let dark = matchMedia(QUERY).matches;

/** Let the switch work: rules for the dark then count, or not, whatever the system prefers. */
export function theme() {
  document.getElementById("theme").addEventListener("click", () => {
    dark = !dark;
    for (const rule of rules) rule.media.mediaText = dark ? "all" : "not all";
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    document.dispatchEvent(new Event("themed"));
  });
}
