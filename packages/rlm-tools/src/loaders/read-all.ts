import { availableParallelism } from "node:os";
import { InputError } from "rlm-core";
import type { FoundFile } from "./find-files.ts";
import type { Loaded, LoadedDocument, LoadOptions, UnreadFile } from "./loaded.ts";
import { openDocument, type OpenDocument, type OpeningDocument } from "./open-document.ts";
import { readDocument } from "./read-document.ts";
import { textSink } from "./text-sink.ts";
import { UnreadError } from "./unread.ts";

export interface ReadingAll extends OpeningDocument, Required<Pick<LoadOptions, "newFile">> {
  onProgress?: LoadOptions["onProgress"];
}

/** Reads several files as an object of their texts by name; those that cannot be read are told. Throws InputError if none can. */
export async function readAll(
  files: readonly FoundFile[],
  options: ReadingAll,
): Promise<Omit<Loaded, "leftOut" | "remove">> {
  const { onProgress, newFile, signal } = options;
  // What is being opened ahead ends with the rest, however that ends.
  const over = new AbortController();
  const ahead = { ...options, opening: signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]) };
  const documents: LoadedDocument[] = [];
  const unread: UnreadFile[] = [];
  // Its length: braces, and a comma after each text but the last.
  const total = { chars: 0, length: 1, blank: true };
  const opened = openAhead(files, ahead);
  const sink = textSink(newFile);
  try {
    for (const [index, found] of files.entries()) {
      onProgress?.(`Reading files: ${index} of ${files.length}, ${total.chars.toLocaleString("en")} characters`);
      const open = await opened.next(index);
      if (open instanceof UnreadError) unread.push(unreadOf(found, open));
      else await readOne(found, open);
    }
    if (total.blank) throw nothingRead(files, unread);
    return { context: await sink.value(), documents, unread, length: total.length };
  } finally {
    over.abort();
    await opened.settled();
    await sink.close();
  }

  async function readOne(found: FoundFile, open: OpenDocument): Promise<void> {
    let length = 0;
    try {
      const {
        path: _,
        asItIs: __,
        blank,
        ...document
      } = await readDocument(found, open, options, async (pieces) => {
        length = JSON.stringify(found.key).length + 4;
        const measured = async function* (): AsyncGenerator<string> {
          for await (const piece of pieces) {
            length += JSON.stringify(piece).length - 2;
            yield piece;
          }
        };
        await sink.add(found.key, measured());
      });
      documents.push(document);
      total.chars += document.chars;
      total.length += length;
      total.blank &&= blank;
    } catch (error) {
      if (!(error instanceof UnreadError)) throw error;
      unread.push(unreadOf(found, error));
    }
  }
}

interface Opened {
  next(index: number): Promise<OpenDocument | UnreadError>;
  /** Resolves when nothing is being opened. */
  settled(): Promise<unknown>;
}

/** Opens several at a time, for some are converted, and gives them one by one; no more are ahead than are soon wanted. */
function openAhead(files: readonly FoundFile[], options: OpeningDocument): Opened {
  const most = 4 * availableParallelism();
  const ahead = new Map<number, Promise<OpenDocument | UnreadError | { failed: unknown }>>();
  let begun = 0;
  return {
    async next(index) {
      for (; begun < Math.min(files.length, index + most); begun += 1) {
        const found = files[begun];
        if (found !== undefined) ahead.set(begun, openDocument(found, options).catch(settled));
      }
      const open = await ahead.get(index);
      if (open === undefined) throw new Error(`Cannot open file ${index}: there is none`);
      ahead.delete(index);
      if ("failed" in open) throw open.failed;
      return open;
    },
    settled: async () => await Promise.all(ahead.values()),
  };
}

/** An error that is thrown when its file's turn comes, not while nobody waits for it. */
function settled(error: unknown): UnreadError | { failed: unknown } {
  return error instanceof UnreadError ? error : { failed: error };
}

function unreadOf({ key, named }: FoundFile, { reason, why }: UnreadError): UnreadFile {
  return { name: key, reason, why, named };
}

function nothingRead(files: readonly FoundFile[], unread: readonly UnreadFile[]): InputError {
  const count = files.length === 1 ? "1 file" : `${files.length.toLocaleString("en")} files`;
  const reasons = unread.slice(0, 5).map(({ name, why }) => `\n  ${name}: ${why}`);
  return new InputError(`Cannot read the context: none of its ${count} has a text in it${reasons.join("")}`);
}
