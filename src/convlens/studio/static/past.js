/** Earlier texts of an editor, to go back to and forward again. */

const MOST = 200;

/** A past that begins with `text`; `put` adds the next, `back` and `forward` return one or null. */
export function past(text) {
  let texts = [text];
  let at = 0;
  return {
    put(next) {
      if (next === texts[at]) return;
      texts = [...texts.slice(Math.max(0, at + 2 - MOST), at + 1), next];
      at = texts.length - 1;
    },
    back: () => (at > 0 ? texts[--at] : null),
    forward: () => (at < texts.length - 1 ? texts[++at] : null),
    get isFirst() {
      return at === 0;
    },
    get isLast() {
      return at === texts.length - 1;
    },
  };
}
