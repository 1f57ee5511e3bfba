import { stat } from "node:fs/promises";
import { InputError } from "./errors.ts";
import type { FileContext } from "./file.ts";
import { indexFile, type FileIndex } from "./file-index.ts";
import { type FileVersion, unreadable } from "./file-ref.ts";
import { keepIndex } from "./paged-file.ts";
import type { TextEncoding } from "./text-encoding.ts";

/** A file that the user named, read once through. */
export interface FileScan extends FileIndex {
  version: FileVersion;
}

/** Reads it a piece at a time, until `signal` aborts. Throws {@link InputError} if it is not there or is not text in its encoding. */
export async function scanContextFile({ path, encoding }: FileContext, signal?: AbortSignal): Promise<FileScan> {
  try {
    checkKind(path, await stat(path));
    const index = await indexFile(path, encoding, signal);
    checkMark(path, index, encoding);
    if (index.flaw !== undefined) throw flawed(path, index, encoding !== undefined);
    const version = { path, size: index.size, sha256: index.sha256, encoding: index.encoding };
    keepIndex(version, index);
    return { ...index, version };
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof InputError) throw cause;
    throw new InputError(`Cannot read context file ${path}: ${unreadable(cause)}`, { cause });
  }
}

/** Bytes of another encoding may all be characters, and then the text would be another. */
function checkMark(path: string, { marked }: FileIndex, encoding: TextEncoding | undefined): void {
  if (encoding === undefined || marked === undefined || marked === encoding) return;
  throw new InputError(
    `Cannot read context file ${path}: its byte order mark says ${marked.toUpperCase()}, its encoding was given as ${encoding.toUpperCase()}; leave the encoding out`,
  );
}

function checkKind(path: string, found: Awaited<ReturnType<typeof stat>>): void {
  if (found.isDirectory())
    throw new InputError(
      `Cannot read context file ${path}: it is a folder; name its files one by one, as named({ first: file("…"), … })`,
    );
  if (!found.isFile())
    throw new InputError(`Cannot read context file ${path}: it is not a regular file; copy its text into one first`);
}

function flawed(path: string, { flaw, encoding }: FileIndex, named: boolean): InputError {
  const at = flaw?.at ?? 0;
  const [state, remedy] =
    flaw?.isNul === true
      ? [
          `byte ${at} is NUL, so it is not text`,
          named
            ? "see whether its encoding is another"
            : 'if it is UTF-16 without a byte order mark, say file(path, { encoding: "utf-16le" })',
        ]
      : [
          `it is not ${encoding.toUpperCase()} from byte ${at} on`,
          named
            ? "see whether its encoding is another"
            : 'say its encoding, as file(path, { encoding: "latin1" }), or convert it first (iconv -t UTF-8)',
        ];
  return new InputError(`Cannot read context file ${path}: ${state}; ${remedy}`);
}
