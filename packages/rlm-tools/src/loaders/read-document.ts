import type { FoundFile } from "./find-files.ts";
import type { LoadedDocument } from "./loaded.ts";
import { inOtherEncoding, mayBeOtherEncoding, type OpenDocument, type OpeningDocument } from "./open-document.ts";
import { UnreadError } from "./unread.ts";

/** A document that was read through once. */
export interface ReadDocument extends LoadedDocument {
  path: string;
  asItIs: boolean;
  blank: boolean;
}

/** Gets a document's text in pieces, and whether they are what its file holds. */
export type Take = (pieces: AsyncIterable<string>, asItIs: boolean) => Promise<void>;

/** Gives the text of an open document to `take`, once more from its beginning if its encoding shows to be another one. Throws UnreadError or InputError. */
export async function readDocument(
  found: FoundFile,
  open: OpenDocument,
  options: OpeningDocument,
  take: Take,
): Promise<ReadDocument> {
  try {
    return await measured(open, take);
  } catch (error) {
    if (!open.asItIs || !mayBeOtherEncoding(error, options)) throw error;
    const other = await inOtherEncoding(open, found, options).catch((other: unknown) => {
      options.signal?.throwIfAborted();
      if (!(other instanceof UnreadError) || other.reason !== "limit" || !(error instanceof UnreadError)) throw error;
      const why = `${error.why}, and to find out its encoding is too much: ${other.why}`;
      throw new UnreadError(open.name, "encoding", why, { cause: other });
    });
    return await measured(other, take);
  }
}

async function measured(
  { name, kind, path, bytes, asItIs, encoding, problems, pieces }: OpenDocument,
  take: Take,
): Promise<ReadDocument> {
  let chars = 0;
  let blank = true;
  const pages = [0];
  const counted = async function* (): AsyncGenerator<string> {
    for await (const piece of pieces()) {
      if (kind === "pdf")
        for (let at = piece.indexOf("\f"); at !== -1; at = piece.indexOf("\f", at + 1)) pages.push(chars + at + 1);
      chars += piece.length;
      blank &&= !/\S/.test(piece);
      yield piece;
    }
  };
  await take(counted(), asItIs);
  const more = { ...(encoding !== undefined && { encoding }), ...(kind === "pdf" && { pages }) };
  return { name, kind, path, bytes, chars, asItIs, blank, problems, ...more, pieces };
}
