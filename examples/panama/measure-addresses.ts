import { countPieces, type LoadedContext, type LoadOptions } from "rlm-cli";
import type { Address } from "./addresses.ts";

/** The addresses as a context, with their tokens counted: that takes seconds on a slow machine. */
export async function measureAddresses(
  addresses: readonly Address[],
  { signal, progress }: LoadOptions,
): Promise<LoadedContext> {
  const pieces = async function* (): AsyncGenerator<string> {
    for (const { text } of addresses) yield text;
  };
  const texts = addresses.map(({ text }) => text);
  const chars = texts.reduce((sum, text) => sum + text.length, 0);
  let seen = 0;
  const { tokens } = await progress.during(
    () => `Counting tokens: ${seen.toLocaleString("en-US")} of ${chars.toLocaleString("en-US")} characters`,
    async () => await countPieces(pieces(), { chars, signal, onChars: (done) => (seen = done) }),
  );
  return {
    context: addresses,
    words: `${addresses.length} State of the Union addresses, ${tokens.toLocaleString("en-US")} tokens (o200k_base)`,
    tokens,
    bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    chars,
    length: JSON.stringify(addresses).length,
    pieces,
  };
}
