import { setImmediate } from "node:timers/promises";
import { countTokens } from "rlm-core";

export interface TokenCount {
  tokens: number;
  /** Whether only a part was counted and the rest estimated from it. */
  estimated: boolean;
}

/** Tokens of a text in pieces (o200k_base); of a long one only as many characters as `most`, spread over the whole. */
export async function countPieces(
  pieces: AsyncIterable<string>,
  {
    chars,
    signal,
    onChars,
    most = 20_000_000,
  }: { chars: number; signal: AbortSignal; onChars?: (chars: number) => void; most?: number },
): Promise<TokenCount> {
  // Every n-th slice.
  const every = Math.max(1, Math.ceil(chars / most));
  let slice = 0;
  let counted = 0;
  let tokens = 0;
  let seen = 0;
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length;) {
      const end = borderOf(piece, start + sliceLength);
      if (slice++ % every === 0) {
        tokens += await countTokens(piece.slice(start, end));
        counted += end - start;
        signal.throwIfAborted();
        // Lets Ctrl-C through.
        await setImmediate();
      }
      seen += end - start;
      onChars?.(seen);
      start = end;
    }
  }
  if (every === 1) return { tokens, estimated: false };
  return { tokens: counted === 0 ? 0 : Math.round((tokens / counted) * seen), estimated: true };
}

const sliceLength = 50_000;

/** Before the space of a word near a place, where no token goes over; else the place. */
function borderOf(text: string, at: number): number {
  if (at >= text.length) return text.length;
  for (let space = at; space > at - 1000; space -= 1)
    if (/^[a-z] [a-z]$/i.test(text.slice(space - 1, space + 2))) return space;
  return at;
}
