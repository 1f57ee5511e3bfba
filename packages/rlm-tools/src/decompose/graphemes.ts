/** A character as people see it: the text from `start` to before `end`. At a border between two both are that border. */
export interface Place {
  start: number;
  end: number;
}

// What is told by the code points beside an offset is told a hundred times as fast as by Unicode's rules; for most it is.
const symbols = String.raw`\u2010-\u2027\u2030-\u205f\u20a0-\u20c0\u2100-\u2bff`;
// Arabic, Hebrew, Kana, Han and Hangul, without marks and what joins.
const letters = String.raw`\u05d0-\u05ea\u0620-\u064a\u0671-\u06d3\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff\uac00-\ud7a3`;
const plain = String.raw`\0-\u02ff\p{Lu}\p{Ll}\p{Nd}\p{P}\p{Zs}${symbols}${letters}`;
// After one of the first a character ends if one of the second follows, unless the two are CR LF or emoji.
const ends = new RegExp(String.raw`[${plain}\p{M}\u0900-\u0d4d\u0d4f-\u10ff\u{1f000}-\u{1faff}]$`, "u");
const begins = new RegExp(String.raw`^[${plain}\u{1f000}-\u{1f3fa}\u{1f400}-\u{1faff}]`, "u");
const emoji = /^[\u{1f000}-\u{1faff}]{2}$/u;
const visible = /[^\p{C}\p{Zl}\p{Zp}]$/u;
const joins = /^[\p{Mn}\p{Me}\u200c\u200d]/u;

/**
 * Tells which character of a text, as people see them, an offset is inside of, in time that grows with the text's length
 * for all offsets together. They have to ascend.
 */
export function graphemes(text: string): (at: number) => Place {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  let last: Place = { start: 0, end: 0 };
  return (at) => {
    if (at > last.start && at < last.end) return last;
    if (isApart(text.slice(Math.max(0, at - 2), at), text.slice(at, at + 2))) {
      last = { start: at, end: at };
      return last;
    }
    for (let reach = 16; ; reach *= 2) {
      const part = text.slice(last.end, at + reach);
      const found = segmenter.segment(part).containing(at - last.end);
      const start = last.end + (found?.index ?? 0);
      const end = start === at ? at : start + (found?.segment.length ?? 0);
      if (end < last.end + part.length || at + reach >= text.length) {
        last = { start, end };
        return last;
      }
    }
  };
}

/** Tells whether an offset is inside of a character as people see it; the offsets have to ascend. */
export function insideGraphemes(text: string): (at: number) => boolean {
  const characterAt = graphemes(text);
  return (at) =>
    (joins.test(text.slice(at, at + 2)) && visible.test(text.slice(Math.max(0, at - 2), at))) ||
    characterAt(at).start < at;
}

function isApart(before: string, after: string): boolean {
  if (before === "" || after === "") return true;
  return (
    ends.test(before) &&
    begins.test(after) &&
    !(before.endsWith("\r") && after.startsWith("\n")) &&
    !emoji.test(before + after)
  );
}
