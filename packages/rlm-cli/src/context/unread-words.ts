import { InputError, type TextEncoding } from "rlm-core";
import type { Loaded, LoadedDocument, UnreadFile } from "rlm-tools/loaders";
import { plural } from "../live-tree/words.ts";
import { plainLine } from "../plain-text.ts";

export interface Telling {
  encoding?: TextEncoding | undefined;
  say(line: string): void;
}

/** Tells what of a context was not read, or not as it is. Throws InputError for a file that was given by its own path. */
export function tellLoaded({ documents, unread, leftOut }: Loaded, { encoding, say }: Telling): void {
  for (const line of leftOut) say(`Left out of ${plainLine(line, 400)}`);
  const given = unread.find(({ named }) => named);
  if (given !== undefined) throw unreadError(given, encoding);
  const by = (...reasons: UnreadFile["reason"][]): UnreadFile[] =>
    unread.filter(({ reason }) => reasons.includes(reason));
  const kind = encoding === undefined ? "text" : `text in ${encoding.toUpperCase()}`;
  const binary = by("not-text", "encoding");
  if (binary.length > 0) say(`Left out ${leftOutFiles(binary, `${binary.length === 1 ? "is" : "are"} not ${kind}`)}`);
  const forbidden = by("forbidden");
  if (forbidden.length > 0) say(`Left out ${leftOutFiles(forbidden, "this user may not read")}`);
  eachOf(by("broken", "limit"), say, ({ name, why }) => `Left out ${plainLine(name, 200)}: ${plainLine(why, 300)}`);
  const partly = documents.filter(({ problems }) => problems.length > 0);
  eachOf(partly, say, ({ name, problems }) => `Of ${plainLine(name, 200)}: ${plainLine(problems.join("; "), 300)}`);
  const guessed = documents.filter(({ encoding: found }) => found !== undefined);
  if (guessed.length > 0)
    say(`Encoding found out by the bytes; where it is another, convert the file first: ${namesOf(guessed)}`);
}

/** A file that was given by its own path cannot be read: what to do, in words of the command line. */
export function unreadError({ name, reason, why }: Omit<UnreadFile, "named">, encoding?: TextEncoding): InputError {
  const remedies =
    encoding === undefined
      ? "say its encoding by --encoding, or convert it first"
      : "see whether its encoding is another than --encoding says, or convert it first";
  const remedy = reason === "not-text" || reason === "encoding" ? `; ${remedies}` : "";
  return new InputError(`Cannot read the context ${name}: ${why}${remedy}`);
}

function leftOutFiles(files: readonly UnreadFile[], why: string): string {
  const names = plainLine(
    files
      .slice(0, 5)
      .map(({ name }) => name)
      .join(", "),
    300,
  );
  return `${plural(files.length, "file")} that ${why}: ${names}${files.length > 5 ? ", …" : ""}`;
}

function eachOf<T>(all: readonly T[], say: Telling["say"], words: (one: T) => string): void {
  for (const one of all.slice(0, mostLines)) say(words(one));
  if (all.length > mostLines) say(`… and ${plural(all.length - mostLines, "more such file")}`);
}

const mostLines = 10;

function namesOf(documents: readonly LoadedDocument[]): string {
  const names = documents.slice(0, 5).map(({ name, encoding }) => `${name} (${encoding})`);
  return plainLine(`${names.join(", ")}${documents.length > 5 ? ", …" : ""}`, 400);
}
