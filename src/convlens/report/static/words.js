/** Numbers in words, and elements of the page. */

/** Four significant digits with a real minus sign, as the lens writes them in Python. */
export function number(value, digits = 4) {
  if (!Number.isFinite(value)) return value === undefined ? "?" : String(value);
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  let text = String(Number(value.toPrecision(digits)));
  if (size < -4 || size >= digits) {
    const [mantissa, power] = value.toExponential(digits - 1).split("e");
    const sign = power[0] === "-" ? "-" : "+";
    text = `${Number(mantissa)}e${sign}${power.slice(1).padStart(2, "0")}`;
  }
  return text.replaceAll("-", "−");
}

export const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

/** An element with properties and children; text among the children stays text. */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "for") element.setAttribute(key, value);
    else if (key === "class") element.className = value;
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Scroll to an element, at once for whoever wants no motion. */
export function bring(element) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "nearest" });
}
