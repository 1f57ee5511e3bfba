/**
 * The words of a text as the index has them, in lower case, without accents. Scripts that write no spaces, and Hangul
 * with its particles, are cut into pairs of letters, and the last letter of a run by itself: so each letter begins a word.
 */
export function words(text: string): string[] {
  return cut(text, true);
}

/** The words of a query: as those of a text, but of a run of two or more letters the pairs alone. */
export function queryWords(text: string): string[] {
  return cut(text, false);
}

/** A short word with two neighbouring letters swapped, each way: to an edit distance that is two edits, too many for so few letters. */
export function swapped(word: string): string[] {
  const letters = Array.from(word);
  if (letters.length < 3 || letters.length > 5) return [];
  return letters
    .slice(1)
    .map((letter, at) => [...letters.slice(0, at), letter, letters[at] ?? "", ...letters.slice(at + 2)].join(""));
}

function cut(text: string, lastAlone: boolean): string[] {
  const found: string[] = [];
  for (const run of plain(text).match(runs) ?? []) {
    if (!paired.test(run)) {
      found.push(run.slice(0, maxWordChars));
      continue;
    }
    const letters = Array.from(run);
    for (let at = 0; at + 1 < letters.length; at++) found.push(`${letters[at]}${letters[at + 1]}`);
    if (lastAlone || letters.length === 1) found.push(letters.at(-1) ?? "");
  }
  return found;
}

function plain(text: string): string {
  const lower = text.toLowerCase();
  if (ascii.test(lower)) return lower;
  return lower.normalize("NFKD").replace(accents, "").normalize("NFC").toLowerCase();
}

const maxWordChars = 64;
const ascii = /^[\0-\x7f]*$/;
// Of Latin, Greek and Cyrillic letters alone: elsewhere a mark makes another letter.
const accents = /[\u0300-\u036f]+/g;
const unspaced =
  "\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Hangul}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}";
const runs = new RegExp(`[[${unspaced}]&&[\\p{L}\\p{M}]]+|[[\\p{L}\\p{N}\\p{M}]--[[${unspaced}]&&[\\p{L}]]]+`, "gv");
const paired = new RegExp(`^[[${unspaced}]&&[\\p{L}]]`, "v");
