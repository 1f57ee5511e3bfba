/** What a passage says of a term: how often it stands there, and each sentence with it. */
export interface Reading {
  mentions: number;
  quotes: Quote[];
}

/** `when` and `who`: a date, time or year, and a speaker, if they stand by the sentence. */
export interface Quote {
  sentence: string;
  when: string | null;
  who: string | null;
}

/** Extracts the sentences that match `source` (a regular expression, any case) by rules. Guest code: self-contained. */
export function readPassage(text: string, source: string): Reading {
  const quoteLength = 300;
  const months =
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?";
  const dates = `\\d{4}-\\d\\d-\\d\\d(?:[T ]\\d\\d:\\d\\d(?::\\d\\d)?)?|\\d\\d?:\\d\\d(?::\\d\\d)?|\\d\\d?[./]\\d\\d?[./]\\d{2,4}`;
  const when = new RegExp(
    `(?<![\\d.])(?:${dates}|(?:\\d\\d? )?(?:${months})\\.? (?:\\d\\d?, )?\\d{4}|1\\d{3}|20\\d\\d)(?![\\d.]*\\d)`,
    "g",
  );
  const speaker =
    /^(?:\[[^\]\n]*\]|[-\d:.,/TZ ]+)?[ \t]*(?:<(\p{L}[^<>\n]{0,30})>:?|(\p{L}[\p{L}\p{M}\d_.' -]{0,30}?):)\s/u;
  const verb = "(?:said|says|wrote|writes|told|asked|added|mentioned|mentions|spoke|speaks|replied|explained|noted)\\b";
  const sayer = new RegExp(`(\\p{Lu}[\\p{L}.'’-]+(?: \\p{Lu}[\\p{L}.'’-]+){0,3}) ${verb}`, "u");
  // A period after one capital letter or a title ends no sentence, nor does a line break before a small letter.
  const border =
    /(?<!(?<![\p{L}\p{N}])(?:\p{Lu}|Mr|Mrs|Ms|Dr|St|No|Gen|Hon|vs))(?:[.!?…]+["'”’»)\]]*\s+|[。！？]+[」』”’]*)|\n(?!\s*\p{Ll})/gu;
  const borders = [0, ...[...text.matchAll(border)].map((match) => match.index + match[0].length), text.length];
  const speakerOf = (line: string) => {
    const [, marked, named] = speaker.exec(line) ?? [];
    return marked ?? named;
  };
  const tidy = (part: string) => part.replace(/\s+/g, " ").trim();
  const lineAround = (at: number) => {
    const end = text.indexOf("\n", at);
    const line = text.slice(text.lastIndexOf("\n", at) + 1, end < 0 ? text.length : end);
    return line.length <= quoteLength ? line : "";
  };
  // The nearest date or time; a number that could be a year is weaker.
  const dateIn = (part: string, at: number, isYear: boolean) => {
    const found = [...part.matchAll(when)].filter(({ 0: date }) => (date.length === 4) === isYear);
    return found.sort((a, b) => Math.abs(a.index - at) - Math.abs(b.index - at))[0]?.[0];
  };

  const quotes: Quote[] = [];
  const matches = [...text.matchAll(new RegExp(source, "giu"))];
  let quoted = 0;
  for (const { index, 0: match } of matches) {
    if (index < quoted) continue;
    const start = borders.findLast((at) => at <= index) ?? 0;
    const end = borders.find((at) => at >= index + match.length) ?? text.length;
    quoted = end;
    const from = end - start <= quoteLength ? start : Math.max(start, index - quoteLength / 2);
    const to = end - start <= quoteLength ? end : Math.min(end, index + match.length + quoteLength / 2);
    const sentence = `${from > start ? "… " : ""}${tidy(text.slice(from, to).toWellFormed())}${to < end ? " …" : ""}`;
    const line = lineAround(index);
    const whole = text.slice(start, end);
    quotes.push({
      sentence,
      when: dateIn(whole, index - start, false) ?? dateIn(line, 0, false) ?? dateIn(whole, index - start, true) ?? null,
      who: speakerOf(line) ?? sayer.exec(whole)?.[1] ?? null,
    });
  }
  return { mentions: matches.length, quotes };
}
