import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import type { TextEncoding } from "rlm-core";
import { ChildLost, ProgramError, readablePaths, runConfined, type ConfinedProgram } from "rlm-core/confined";
import { byteChunks, type OpeningOptions } from "./byte-chunks.ts";
import type { ConvertedNotes } from "./programs/converted.ts";
import { work as csv } from "./programs/csv.ts";
import { work as json } from "./programs/json.ts";
import { work as jsonl } from "./programs/jsonl.ts";
import { UnreadError, type UnreadReason } from "./unread.ts";

/** What reads a document that is more than its text: one file of `programs/` each. */
export type Converter = "pdf" | "docx" | "html" | "text" | "csv" | "json" | "jsonl";

export interface Converted extends ConvertedNotes {
  text: string;
}

/**
 * Reads a document by a library, in a confined process of its own: files may come from anybody, and what breaks the library
 * reaches nothing. `shown` is its name in errors. Throws {@link UnreadError}, or the signal's reason.
 */
export async function convert(
  converter: Converter,
  path: string,
  shown: string,
  { followLinks, signal, encoding }: OpeningOptions & { encoding?: TextEncoding | undefined },
): Promise<Converted> {
  return await turn(async () => {
    signal?.throwIfAborted();
    const read = await bytesOf(path, shown, { followLinks, signal });
    const bytes = converter === "html" ? Buffer.concat([Buffer.from(`${encoding ?? ""}\n`), read]) : read;
    try {
      const check = bytes.length <= mostHarmless ? checks[converter] : undefined;
      const output =
        check === undefined
          ? await runConfined(programOf(converter), bytes, { ...bounds, ...(signal && { signal }) })
          : runHere(check, bytes);
      signal?.throwIfAborted();
      return convertedOf(output, shown);
    } catch (error) {
      signal?.throwIfAborted();
      throw unreadOf(error, shown);
    }
  });
}

// A short table or JSON takes little of anything, whatever is in it, and there may be thousands.
const mostHarmless = 1_000_000;
const checks: Partial<Record<Converter, (bytes: Buffer) => string>> = { csv, json, jsonl };

function runHere(check: (bytes: Buffer) => string, bytes: Buffer): string {
  try {
    return check(bytes);
  } catch (cause) {
    throw new ProgramError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The most bytes that are converted; a text of any length is read as it is. */
const mostBytes = 100_000_000;

const bounds = { timeoutMs: 60_000, memoryMb: 1_000, outputChars: 50_000_000 };
// Each takes a core, and may take all of its memory.
const turn = pLimit(Math.min(4, availableParallelism()));

async function bytesOf(path: string, shown: string, options: OpeningOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of byteChunks(path, shown, options)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostBytes)
      throw new UnreadError(shown, "limit", `it has more than ${number(mostBytes)} bytes, the most that is converted`);
  }
  return Buffer.concat(chunks, length);
}

function unreadOf(error: unknown, shown: string): unknown {
  const unread = (reason: UnreadReason, why: string): UnreadError =>
    new UnreadError(shown, reason, why, { cause: error });
  if (error instanceof ProgramError) return unread("broken", error.message);
  if (!(error instanceof ChildLost)) return error;
  if (error.how === "timeout") return unread("limit", `to convert it takes longer than ${bounds.timeoutMs / 1_000} s`);
  if (error.how === "memory")
    return unread("limit", `to convert it takes more than ${number(bounds.memoryMb)} MB of memory`);
  if (error.how === "bad-frame")
    return unread("limit", `its text is longer than ${number(bounds.outputChars)} characters`);
  return unread("broken", `what converts it broke down: ${error.message.slice(0, 200)}`);
}

function number(value: number): string {
  return value.toLocaleString("en");
}

/** The process may do what the file wants by now: nothing is taken from it but a few words. */
function convertedOf(output: string, shown: string): Converted {
  try {
    const end = output.indexOf("\n");
    const { encoding, problems } = JSON.parse(output.slice(0, Math.min(end, maxNotes))) as Record<string, unknown>;
    return {
      text: output.slice(end + 1),
      ...(typeof encoding === "string" && { encoding }),
      ...(Array.isArray(problems) && { problems: problems.map(String) }),
    };
  } catch (cause) {
    throw new UnreadError(shown, "broken", "what converts it gave no answer that can be read", { cause });
  }
}

const maxNotes = 10_000;

/** The file beside this one, or, bundled, that of the installed rlm-tools. */
function programOf(converter: Converter): ConfinedProgram {
  const [, beside, extension] = /^(.*\/loaders\/)convert\.([jt]s)$/.exec(import.meta.url) ?? [];
  const isBeside = beside !== undefined && existsSync(new URL(`programs/${converter}.${extension}`, beside));
  const file = fileURLToPath(
    isBeside
      ? new URL(`programs/${converter}.${extension}`, beside)
      : new URL(`loaders/programs/${converter}.js`, import.meta.resolve("rlm-tools/loaders")),
  );
  const code = dirname(file);
  return { file, readable: readablePaths(code, dirname(dirname(dirname(code)))) };
}
