/** Neighbouring items of an array: `items` is the array from index `start` to before `end`. */
export interface Pack<T> {
  items: T[];
  start: number;
  end: number;
}

/** Groups neighbouring items so that no group has more than `size` characters. Guest code: self-contained. */
export function pack<T>(items: readonly T[], options: { size: number }): Pack<T>[] {
  if (!Array.isArray(items)) {
    const other =
      typeof items === "string"
        ? "a string: use decompose.chunks(text, { size })"
        : items === null
          ? "null"
          : typeof items;
    throw new TypeError(`decompose.pack: expected items to be an array, got ${other}`);
  }
  const size = typeof options === "object" && options !== null ? options.size : undefined;
  if (size === undefined || !Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(
      `decompose.pack: expected size to be an integer of 1 or more, as in { size: 20000 }, got ${String(size)}`,
    );
  }
  const lengthOf = (item: T) => (typeof item === "string" ? item : (JSON.stringify(item) ?? "")).length;
  const packs: Pack<T>[] = [];
  let start = 0;
  let length = 0;
  items.forEach((item, index) => {
    const added = lengthOf(item);
    if (added > size) {
      throw new RangeError(
        `decompose.pack: item ${index} has ${added} characters, more than size ${size}: cut it first, or raise size`,
      );
    }
    if (length + added > size) {
      packs.push({ items: items.slice(start, index), start, end: index });
      start = index;
      length = 0;
    }
    length += added;
  });
  if (start < items.length) packs.push({ items: items.slice(start), start, end: items.length });
  return packs;
}
