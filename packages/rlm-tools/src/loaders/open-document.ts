import { stat } from "node:fs/promises";
import type { TextEncoding } from "rlm-core";
import type { OpeningOptions } from "./byte-chunks.ts";
import { checkData } from "./check-data.ts";
import { convert, type Converted, type Converter } from "./convert.ts";
import { documentKind, type DocumentKind } from "./document-kind.ts";
import type { FoundFile } from "./find-files.ts";
import { textPieces } from "./text-pieces.ts";
import type { TextShelf } from "./text-shelf.ts";
import { unreadable, UnreadError } from "./unread.ts";

/** A document whose text can be read, in pieces, as often as need be. */
export interface OpenDocument {
  name: string;
  kind: DocumentKind;
  /** Where its bytes are. */
  path: string;
  bytes: number;
  /** Whether its text is what the file holds, so that it can be read from there. */
  asItIs: boolean;
  /** Where nothing says it and it was found out by the bytes. */
  encoding?: string;
  /** What of it could not be read, in words. */
  problems: readonly string[];
  pieces(): AsyncIterable<string>;
}

export interface OpeningDocument extends Pick<OpeningOptions, "signal"> {
  encoding?: TextEncoding | undefined;
  shelf: TextShelf;
  /** Ends what is opened ahead, but not the reading of what is open. @default signal */
  opening?: AbortSignal;
}

/** Finds out what a file is and, if it is more than a text, converts it. Throws {@link UnreadError}, InputError, or the signal's reason. */
export async function openDocument(found: FoundFile, options: OpeningDocument): Promise<OpenDocument> {
  const { path, key: name, named } = found;
  const { encoding, signal, opening: ahead = signal } = options;
  const opening = { followLinks: named, signal: ahead };
  const kind = await documentKind(path, name, opening);
  const bytes = await sizeOf(path, name);
  const document = { name, kind, path, bytes };
  if (kind === "html" || kind === "pdf" || kind === "docx")
    return await converted(document, kind, { ...opening, encoding }, options);
  const pieces = (): AsyncIterable<string> => textPieces(path, name, { followLinks: named, encoding, signal });
  const open = { ...document, asItIs: true, problems: [], pieces };
  // In a folder the text of a broken table is as good as any other.
  if (kind === "text" || !named) return open;
  const { broken, problems } = await checkData(open, options);
  return { ...open, kind: broken ? "text" : kind, problems };
}

async function sizeOf(path: string, name: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

/** The same document in the encoding that its bytes show, if its text is in none that is read as it is. Throws as `openDocument` does. */
export async function inOtherEncoding(
  document: OpenDocument,
  found: FoundFile,
  options: OpeningDocument,
): Promise<OpenDocument> {
  const { name, kind, path, bytes } = document;
  const opening = { followLinks: found.named, signal: options.signal };
  const other = await converted({ name, kind: "text", path, bytes }, "text", opening, options);
  if (kind === "text") return other;
  return { ...other, problems: [...other.problems, "its encoding is not UTF-8; read as plain text"] };
}

/** Whether a text that cannot be read may be one of another encoding. */
export function mayBeOtherEncoding(error: unknown, { encoding }: OpeningDocument): boolean {
  return encoding === undefined && error instanceof UnreadError && error.reason === "encoding";
}

async function converted(
  document: Pick<OpenDocument, "name" | "kind" | "path" | "bytes">,
  converter: Converter,
  opening: OpeningOptions & Pick<OpeningDocument, "encoding">,
  { shelf }: OpeningDocument,
): Promise<OpenDocument> {
  const { text, encoding, problems = [] }: Converted = await convert(converter, document.path, document.name, opening);
  const pieces = await shelf.put(text);
  return { ...document, asItIs: false, ...(encoding !== undefined && { encoding }), problems, pieces };
}
