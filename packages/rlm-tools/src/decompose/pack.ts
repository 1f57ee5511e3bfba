import type { Prompts } from "./chunks.ts";

/** Neighbouring items of an array: `items` is the array from index `start` to before `end`. */
export interface Pack<T> {
  items: T[];
  start: number;
  end: number;
}

export interface PackOptions {
  /** Characters that a group has at most. @default groups of about one length, each three quarters of a sub-call's prompt or less; of East Asian text down to a quarter */
  size?: number;
  /** Items that a group repeats of the end of the one before it; fewer, where they leave no room for the next one. @default 0 */
  overlap?: number;
}

/** Groups neighbouring items so that no group has more than `size` characters, with or without what it repeats of the one before. Guest code: self-contained. */
export const pack: <T>(this: Prompts, items: readonly T[], options?: PackOptions) => Pack<T>[] = function pack<T>(
  this: Prompts,
  items: readonly T[],
  options: PackOptions = {},
) {
  if (!Array.isArray(items)) {
    const other =
      typeof items === "string"
        ? "a string: use decompose.chunks(text, { size })"
        : items === null
          ? "null"
          : typeof items;
    throw new TypeError(`decompose.pack: expected items to be an array, got ${other}`);
  }
  const lengths = Array.from(items as readonly T[], (item) =>
    typeof item === "string" ? item.length : (JSON.stringify(item) ?? "").length,
  );
  const { size: given, overlap = 0 } = typeof options === "object" && options !== null ? options : {};
  if (!Number.isSafeInteger(overlap) || overlap < 0) {
    throw new RangeError(
      `decompose.pack: expected overlap to be a number of items, an integer of 0 or more, got ${String(overlap)}`,
    );
  }
  const fitting = (most: number): number => {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const even = Math.ceil(total / Math.max(1, Math.ceil(total / most)));
    const longest = lengths.reduce((known, length) => Math.max(known, length), 0);
    // A group ends before the item that goes over its size, so an even share has to have room for one, and what it repeats.
    return Math.max(1, Math.min(most, even + longest * (1 + overlap)));
  };
  // As in chunks: three characters a token, and one in scripts from the Indic ones on.
  const share = (): number => {
    let [wide, seen] = [0, 1];
    for (let sample = 0; sample < 64; sample++) {
      const item: unknown = items[Math.floor((items.length * sample) / 64)];
      const part = (typeof item === "string" ? item : (JSON.stringify(item) ?? "")).slice(0, 200);
      wide += part.match(/[\u0900-\uffff]/g)?.length ?? 0;
      seen += part.length;
    }
    return wide / seen;
  };
  const size =
    given ??
    (this === undefined
      ? undefined
      : fitting(Math.max(1, Math.floor((this.repl.promptChars * 0.75) / (1 + 2 * share())))));
  if (size === undefined || !Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(
      `decompose.pack: expected size to be an integer of 1 or more, as in { size: 20000 }, got ${String(size)}`,
    );
  }
  const packs: Pack<T>[] = [];
  let start = 0;
  let length = 0;
  lengths.forEach((added, index) => {
    if (added > size) {
      throw new RangeError(
        `decompose.pack: item ${index} has ${added} characters, more than size ${size}: cut it first, or raise size`,
      );
    }
    if (length + added > size) {
      packs.push({ items: items.slice(start, index), start, end: index });
      // What is repeated gives way to what is new.
      for (; start < index && (index - start > overlap || length + added > size); start++)
        length -= lengths[start] ?? 0;
    }
    length += added;
  });
  if (start < items.length) packs.push({ items: items.slice(start), start, end: items.length });
  return packs;
};
