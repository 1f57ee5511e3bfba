import { mkdirSync } from "node:fs";
import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { InputError, RlmError } from "../errors.ts";
import { filePieces } from "../file-pieces.ts";
import type { RunStore } from "../store.ts";
import { textRefInTurns } from "../text-ref.ts";
import { slicesInTurns, slicesOf } from "../text-slices.ts";
import { writeWholeFile } from "../whole-file.ts";
import { fileState } from "./file-state.ts";
import { encodeEntry } from "./log-entry.ts";
import { appendLine, wholeLines } from "./log-file.ts";
import { logKey, logName } from "./log-name.ts";
import { checkedPieces, missingText, textName, wholeText } from "./text-pieces.ts";

/**
 * A run store in a folder, made if it is not there: files that only their owner can read, texts by hash, logs as JSON Lines.
 * One process at a time writes a log. It outlives a crash of the process, not one of the machine. Throws {@link InputError} for a path that cannot be a folder.
 */
export function directoryStore(path: string): RunStore {
  if (typeof path !== "string" || path === "")
    throw new InputError(`Expected directoryStore's path to be a folder, got ${JSON.stringify(path)}`);
  const root = resolve(path);
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new InputError(`Cannot keep runs in ${root}: ${String(cause)}`, { cause });
  }
  const logs = join(root, "logs");
  return {
    durable: true,
    async put(text) {
      const ref = await textRefInTurns(text);
      await keeping(`text ${ref}`, root, () => writeText(textPath(root, ref), text, textName(ref).encoding));
      return ref;
    },
    get: async (ref) => await wholeText(textPieces(root, ref)),
    stream: (ref) => textPieces(root, ref),
    async append(key, entry) {
      const line = encodeEntry(key, entry);
      const file = join(logs, logName(key));
      await keeping(`log "${key}"`, root, () => {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        appendLine(file, line);
      });
    },
    async read(key) {
      const file = join(logs, logName(key));
      const text = await unlessMissing(`read ${file}`, "", () => readFile(file, "utf8"));
      return wholeLines(text).map((line, index) => parseLine(line, file, index + 1));
    },
    async list(prefix) {
      const entries = await unlessMissing(`list ${logs}`, [], () =>
        readdir(logs, { recursive: true, withFileTypes: true }),
      );
      const files = entries.filter((entry) => entry.isFile());
      const keys = files.map((file) => logKey(relative(logs, join(file.parentPath, file.name))));
      return keys
        .filter((key) => key !== undefined)
        .filter((key) => key.startsWith(prefix))
        .sort();
    },
    async delete(key) {
      const file = join(logs, logName(key));
      await unlessMissing(`delete ${file}`, undefined, () => rm(file, { force: true }));
    },
  };
}

function textPath(root: string, ref: string): string {
  const { hash, encoding } = textName(ref);
  // 256 folders keep each small.
  return join(root, "texts", hash.slice(0, 2), `${hash.slice(2)}.${encoding}`);
}

async function* textPieces(root: string, ref: string): AsyncGenerator<string> {
  const path = textPath(root, ref);
  yield* checkedPieces(ref, path, fileOf(path, ref, root));
}

async function* fileOf(path: string, ref: string, root: string): AsyncGenerator<Buffer> {
  try {
    await using file = await open(path);
    yield* filePieces(file, textName(ref).encoding === "utf8" ? "utf-8" : "utf-16le");
  } catch (cause) {
    if (isMissing(cause)) throw missingText(ref, root, cause);
    throw new RlmError("store", `Cannot read text ${ref} from ${root}: ${String(cause)}`, { cause });
  }
}

async function writeText(path: string, text: string, encoding: "utf8" | "utf16le"): Promise<void> {
  const there = await unlessMissing(`look at ${path}`, undefined, () => stat(path));
  if (there !== undefined && there.size === (await bytesOf(text, encoding))) return;
  await writeWholeFile(path, async (file) => await file.writeFile(slicesOf(text), encoding));
}

async function bytesOf(text: string, encoding: "utf8" | "utf16le"): Promise<number> {
  let bytes = 0;
  for await (const slice of slicesInTurns(text)) bytes += Buffer.byteLength(slice, encoding);
  return bytes;
}

async function keeping(what: string, root: string, write: () => void | Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const { state, advice } = fileState(cause);
    const kept = "nothing of this is kept, all that was kept before is whole";
    throw new RlmError("store", `Cannot keep ${what} in ${root}: ${state}; ${kept}; ${advice}, then go on`, { cause });
  }
}

function parseLine(line: string, file: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new RlmError("store", `Cannot read ${file}: line ${number} is not JSON, so the log was changed or damaged`, {
      cause,
    });
  }
}

async function unlessMissing<T>(action: string, missing: T, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (isMissing(cause)) return missing;
    throw new RlmError("store", `Cannot ${action}: ${String(cause)}`, { cause });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
