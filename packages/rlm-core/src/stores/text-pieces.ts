import { createHash } from "node:crypto";
import { RlmError } from "../errors.ts";
import { decodeText } from "../text-encoding.ts";
import { parseTextRef } from "../text-ref.ts";

/** The parts of a reference. Throws {@link RlmError} with code "store" for what is none. */
export function textName(ref: string): NonNullable<ReturnType<typeof parseTextRef>> {
  const name = parseTextRef(ref);
  if (name !== undefined) return name;
  throw new RlmError("store", `Cannot read text ${JSON.stringify(ref)}: it is not a reference of this store`);
}

/** The error for a text that is not there. */
export function missingText(ref: string, place: string, cause?: unknown): RlmError {
  return new RlmError("store", `Cannot read text ${ref} from ${place}: it is not in this store`, { cause });
}

/** What is kept of a text, as strings; throws {@link RlmError} after the last one if it is not what the reference says. */
export async function* checkedPieces(
  ref: string,
  place: string,
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<string> {
  const { hash, encoding } = textName(ref);
  const found = createHash("sha256");
  for await (const bytes of pieces) {
    found.update(bytes);
    yield decodeText(bytes, encoding === "utf8" ? "utf-8" : "utf-16le");
  }
  if (found.digest("hex") !== hash)
    throw new RlmError("store", `Cannot read text ${ref}: ${place} was changed, its hash differs`);
}

/** A text in one. */
export async function wholeText(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}
