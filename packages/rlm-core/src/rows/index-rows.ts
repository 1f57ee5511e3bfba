import { guessTable } from "./csv-table.ts";
import type { ObjectIndex, RowFormat, RowIndex } from "./row-index.ts";
import { isBlankRow } from "./row-fields.ts";
import { csvScanner, endOfString, jsonScanner, scanLine, type Row, type RowScanner } from "./row-scanner.ts";

/** Finds the rows of a text that comes in pieces. Throws SyntaxError where it is none of its format. */
export async function indexRows(pieces: AsyncIterable<string>, format: RowFormat): Promise<RowIndex> {
  const index: RowIndex = { format, count: 0, groups: [], end: 0 };
  let scan: RowScanner | undefined = format === "jsonl" ? scanLine : format === "json" ? jsonScanner() : undefined;
  const delimiter = (): string => index.table?.delimiter ?? ",";
  let header = format === "csv";
  await eachRow(
    pieces,
    (text) => {
      if (format === "csv" && scan === undefined) {
        index.table = guessTable(text);
        scan = csvScanner(index.table.delimiter);
      }
      return scan ?? scanLine;
    },
    (text, { start, end }, offset) => {
      if (format === "json" ? start === end : isBlankRow(text.slice(start, end), format, delimiter())) return;
      if (header) {
        header = false;
        return;
      }
      const [, char] = index.groups.at(-1) ?? [0, -Infinity];
      if (offset + start - char >= groupChars) index.groups.push([index.count, offset + start]);
      index.count++;
      index.end = offset + end;
    },
  );
  return index;
}

/** Finds the values of a JSON object. Throws SyntaxError where it is none. */
export async function indexObject(pieces: AsyncIterable<string>): Promise<ObjectIndex> {
  const index: ObjectIndex = [];
  const scan = jsonScanner();
  await eachRow(
    pieces,
    () => scan,
    (text, { start, end }, offset) => {
      if (start === end) return;
      const close = text[start] === '"' ? endOfString(text, start + 1) : -1;
      const colon = close < 0 ? -1 : text.indexOf(":", close);
      if (colon < 0 || colon >= end)
        throw new SyntaxError(`a member of it has no name: ${JSON.stringify(text.slice(start, start + 20))}`);
      if (index.length >= maxKeys) throw new SyntaxError(`it has more than ${maxKeys.toLocaleString("en")} keys`);
      index.push([JSON.parse(text.slice(start, close + 1)) as string, offset + colon + 1, offset + end]);
    },
  );
  return index;
}

async function eachRow(
  pieces: AsyncIterable<string>,
  scannerFor: (text: string) => RowScanner,
  visit: (text: string, row: Row, offset: number) => void,
): Promise<void> {
  let text = "";
  let offset = 0;
  const drain = (last: boolean): void => {
    const scan = scannerFor(text);
    let from = 0;
    for (let row = scan(text, from, last); row !== undefined; row = scan(text, from, last)) {
      visit(text, row, offset);
      from = row.next;
    }
    text = text.slice(from);
    offset += from;
    if (text.length > maxRowChars)
      throw new SyntaxError(
        `from character ${offset.toLocaleString("en")} on there are ${maxRowChars.toLocaleString("en")} characters without the end of a row`,
      );
  };
  for await (const piece of pieces) {
    text += piece;
    drain(false);
  }
  drain(true);
}

const groupChars = 262_144;
const maxRowChars = 16_000_000;
const maxKeys = 1_000_000;
