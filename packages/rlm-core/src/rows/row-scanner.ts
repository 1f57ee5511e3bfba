/** Finds the end of the row that begins at `from`; undefined if more text has to come first. `last`: there is none. */
export type RowScanner = (text: string, from: number, last: boolean) => Row | undefined;

export interface Row {
  /** Offsets of its text in what was given; none where it is blank. */
  start: number;
  end: number;
  /** Where the next one begins. */
  next: number;
}

/** A row a line. */
export function scanLine(text: string, from: number, last: boolean): Row | undefined {
  const feed = text.indexOf("\n", from);
  if (feed >= 0) return { start: from, end: feed, next: feed + 1 };
  return last && from < text.length ? { start: from, end: text.length, next: text.length } : undefined;
}

/** Rows of comma-separated values (RFC 4180): a field that begins with a quote ends with one, and may hold line ends. */
export function csvScanner(delimiter: string): RowScanner {
  return (text, from, last) => {
    let line = scanLine(text, from, last);
    for (let at = from; ;) {
      const quote = indexBefore(text, '"', at, line?.end ?? text.length);
      if (quote < 0) return line && { ...line, start: from };
      at = quote + 1;
      if (quote > from && text[quote - 1] !== delimiter) continue;
      const close = closingQuote(text, at);
      // At the end of the text it may be the first of two.
      if (close < 0 || (close + 1 === text.length && !last))
        return last ? { start: from, end: text.length, next: text.length } : undefined;
      at = close + 1;
      if (at === text.length) return { start: from, end: at, next: at };
      // Not looked for again while the row goes on in it: a row may have a million quotes.
      if (line !== undefined && at > line.end) line = scanLine(text, at, last);
    }
  };
}

/** The texts of the rows, one after the other; see {@link RowScanner} for `last`. */
export function* rowsOf(text: string, scan: RowScanner, last: boolean): Generator<string> {
  let from = 0;
  for (let row = scan(text, from, last); row !== undefined; row = scan(text, from, last)) {
    yield text.slice(row.start, row.end);
    from = row.next;
  }
}

// Not all of the text is looked through for what a row has not.
function indexBefore(text: string, part: string, from: number, end: number): number {
  const found = text.slice(from, end).indexOf(part);
  return found < 0 ? -1 : from + found;
}

/** Where the quote is that ends a field of comma-separated values, and is not one of two; -1 if there is none. */
export function closingQuote(text: string, from: number): number {
  for (let at = from; ;) {
    const quote = text.indexOf('"', at);
    if (quote < 0 || text[quote + 1] !== '"') return quote;
    at = quote + 2;
  }
}

/** The elements of a JSON array, or the members (key, colon, value) of an object, as the rows of a text that begins with its bracket. */
export function jsonScanner(): RowScanner {
  let begun = false;
  let ended = false;
  return (text, from, last) => {
    let start = skipSpace(text, from);
    if (!begun) start = skipSpace(text, start + 1);
    if (ended) {
      if (start < text.length)
        throw new SyntaxError(`there is more after its end: ${JSON.stringify(text.slice(start, start + 20))}`);
      return undefined;
    }
    // What comes after an element is looked at with the next one.
    if (text[start] === ",") start = skipSpace(text, start + 1);
    let depth = 0;
    marks.lastIndex = start;
    for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
      const at = mark.index;
      if (mark[0] === '"') {
        const close = endOfString(text, at + 1);
        if (close < 0) break;
        marks.lastIndex = close + 1;
      } else if (mark[0] === "{" || mark[0] === "[") depth++;
      else if (depth === 0) {
        begun = true;
        ended = mark[0] !== ",";
        return { start, end: at, next: ended ? at + 1 : at };
      } else if (mark[0] !== ",") depth--;
    }
    if (last) throw new SyntaxError("it ends in the middle");
    return undefined;
  };
}

const marks = /["{}[\],]/g;
const nonSpace = /\S/g;

function skipSpace(text: string, from: number): number {
  nonSpace.lastIndex = from;
  return nonSpace.exec(text)?.index ?? text.length;
}

/** Where the string's closing quote is; -1 if it has not come. */
export function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}
