import type { Realm } from "./realm.ts";
import type { TextSource } from "./text-scan.ts";

/** A stretch of a context that is read as it is asked for. */
export interface TextPart extends TextSource {
  /** The context's name. */
  context: string;
  /** Where it begins in the context. */
  from: number;
}

/** Reads characters of a context from `from` to before `to`; at most 16,908,288 at once. */
export type ReadContext = (context: string, from: number, to: number) => string;

export interface TextParts {
  part: (context: string, from: number, length: number) => TextPart;
  /** Few characters: out of blocks of which some are kept, so that a loop over single ones is quick. */
  peek: (part: TextPart, from: number, to: number) => string;
}

/** Parts of contexts, with a small cache that all of them share. */
export function createTextParts(realm: Realm, readContext: ReadContext, blockSize = 65_536): TextParts {
  const { floor, mapGet, mapSet, mapDelete, mapSize, slice, method, dataOf } = realm;
  const maxBlocks = 16;
  const maxRead = 16_777_216;
  const blocks = new realm.Map<string, string>();
  const keysOf = method(realm.Map.prototype, "keys") as (map: Map<string, string>) => object;
  const next = method(realm.prototypeOf(keysOf(blocks)) as object, "next") as (iterator: object) => object;
  let latest = { key: "", text: "" };

  /** The block of the context that holds offset `at`. */
  const block = (context: string, number: number): string => {
    const key = `${number} ${context}`;
    if (latest.key === key) return latest.text;
    let text = mapGet(blocks, key);
    if (text === undefined) text = readContext(context, number * blockSize, (number + 1) * blockSize);
    else mapDelete(blocks, key);
    // The one that was used last is at the end.
    mapSet(blocks, key, text);
    if (mapSize(blocks) > maxBlocks) mapDelete(blocks, dataOf(next(keysOf(blocks)), "value") as string);
    latest = { key, text };
    return text;
  };

  return {
    part: (context, from, length) => ({
      context,
      from,
      length,
      read: (start, end) => {
        let text = "";
        for (let at = start; at < end; at += maxRead) {
          text += readContext(context, from + at, from + (end - at > maxRead ? at + maxRead : end));
        }
        return text;
      },
    }),
    peek: (part, from, to) => {
      let text = "";
      for (let at = part.from + from, end = part.from + to; at < end;) {
        const number = floor(at / blockSize);
        const start = number * blockSize;
        const stop = end - start < blockSize ? end - start : blockSize;
        text += slice(block(part.context, number), at - start, stop);
        at = start + stop;
      }
      return text;
    },
  };
}
