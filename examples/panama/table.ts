import { plainLine, plainText } from "rlm-cli";
import type { Mentions } from "rlm-tools/offline-model";

/** The answer as a table for people: a row an address, each president named once. */
export function table({ term, texts, mentions, found, note }: Mentions, width: number): string {
  const names = found.map(({ fields }) => plainLine(String(fields.name ?? "?"), 30));
  const nameWidth = names.reduce((most, name) => Math.max(most, name.length), "President".length);
  const row = (name: string, year: string, times: string, said: string): string =>
    `${name.padEnd(nameWidth)}  ${year.padStart(4)}  ${times.padStart(5)}  ${said}`;
  const room = Math.max(20, width - row("", "", "", "").length);
  const rows = found.map(({ fields, mentions: times, first }, index) => {
    const name = names[index] === names[index - 1] ? "" : (names[index] ?? "");
    return row(name, plainLine(String(fields.year ?? ""), 4), String(times), excerpt(first, term, room));
  });
  const presidents = new Set(names).size;
  const [first] = found;
  return [
    plainText(note),
    `“${plainLine(term, 100)}”: ${mentions} mentions in ${found.length} of ${texts} addresses, by ${presidents} presidents.`,
    "",
    row("President", "Year", "Times", "What was said first"),
    ...rows,
    ...(first === undefined
      ? []
      : ["", `First of all, ${names[0]} in ${String(first.fields.year)}: “${plainText(first.first)}”`]),
  ].join("\n");
}

/** The part of a sentence around the term, as much as fits. */
function excerpt(sentence: string, term: string, room: number): string {
  const line = plainLine(sentence, Infinity);
  const at = line.toLowerCase().indexOf(term.toLowerCase());
  const start = Math.max(0, at - Math.floor(room / 2));
  if (start === 0) return plainLine(line, room);
  // At the next word.
  const word = line.indexOf(" ", start) + 1;
  return `… ${plainLine(line.slice(word), room - 2)}`;
}
