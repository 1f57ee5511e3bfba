import { checkOptions } from "../check-options.ts";
import type { Piece } from "./chunks.ts";
import { textOf } from "./given.ts";

/** One entry of a log, with the lines that belong to it. */
export interface LogRecord extends Piece {
  /** Counts from 1. */
  number: number;
  lines: number;
}

export interface RecordsOptions {
  /** What the first line of an entry looks like. @default a time, a level or JSON at its beginning */
  begins?: RegExp;
}

const level = String.raw`(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL|SEVERE)\b`;
const beginnings = [
  String.raw`\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}`, // 2026-01-31 12:00, 2026/01/31T12:00
  String.raw`\d{1,2}[-/.](?:\d{1,2}|\p{L}{3})[-/.]\d{2,4}[ T:]\d{2}:\d{2}`, // 31/Jan/2026:12:00
  String.raw`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} \d{2}:\d{2}:\d{2}`, // syslog
  String.raw`\d{2}:\d{2}:\d{2}(?:[.,]\d+)?\b`,
  String.raw`1\d{9}(?:\.\d+|\d{3})?\b`, // seconds or milliseconds since 1970
  String.raw`[IWEF]\d{4} \d{2}:`, // glog
  level,
];
const usual = new RegExp(
  String.raw`^(?:<\d{1,3}>)?[[("]?(?:${beginnings.join("|")})|^\[${level}|^\{"|^\d{1,3}(?:\.\d{1,3}){3} `,
  "u",
);

/** The entries of a log, each with its further lines, such as a stack trace; together they are the text. */
export function records(given: string, options: RecordsOptions = {}): LogRecord[] {
  const text = textOf(given, "records");
  const { begins = usual } = checkOptions<RecordsOptions>(options, "decompose.records", ["begins"]);
  if (!(begins instanceof RegExp)) throw new TypeError("decompose.records: expected begins to be a RegExp");
  // Without the flags by which one match would depend on the last one.
  const pattern = new RegExp(begins.source, begins.flags.replaceAll(/[gy]/g, ""));
  const found: LogRecord[] = [];
  let open = { start: 0, lines: 0 };
  const close = (end: number): void => {
    if (end > open.start) found.push({ text: text.slice(open.start, end), end, ...open, number: found.length + 1 });
  };
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf("\n", start);
    const next = feed < 0 ? text.length : feed + 1;
    if (open.lines > 0 && pattern.test(text.slice(start, Math.min(next, start + 500)))) {
      close(start);
      open = { start, lines: 0 };
    }
    open.lines += 1;
    start = next;
  }
  close(text.length);
  return found;
}
