import type { Realm } from "./realm.ts";

/** A text that is read in parts: `read(from, to)` gives its UTF-16 code units from `from` to before `to`. */
export interface TextSource {
  length: number;
  read: (from: number, to: number) => string;
}

export interface TextScan {
  /**
   * Matches of a RegExp with `g` and without `y`, from `from` on, one a call; undefined when there are no more. `index` and
   * `indices` count in the whole text. Exact for matches that need no more than 65,536 characters on either side of where they
   * begin, their own length included, and mostly beyond: a match that reaches the end of what was read is looked for again
   * in up to 16 million characters.
   */
  matches: (source: TextSource, expression: RegExp, from: number) => () => RegExpExecArray | undefined;
  /** How many such matches there are. */
  count: (source: TextSource, expression: RegExp) => number;
  /** Where a text occurs from `from` on, one after the other, none within another. */
  occurrences: (source: TextSource, part: string, from: number) => () => number | undefined;
  /** Offset of the first occurrence that begins at `from` or later; -1 if there is none. */
  indexOf: (source: TextSource, part: string, from: number) => number;
  /** Offset of the last occurrence that begins at `from` or before; -1 if there is none. */
  lastIndexOf: (source: TextSource, part: string, from: number) => number;
}

/** Characters that are read at once, and how many of them on either side of where a match begins. */
export interface TextSizes {
  window: number;
  margin: number;
}

/** Searches in a text of any length, a window at a time. */
export function createTextScan(realm: Realm, sizes: TextSizes = { window: 1_048_576, margin: 65_536 }): TextScan {
  const { indexOf, put, copied, each, ownKeys, list, asArray } = realm;
  const { window: windowSize, margin } = sizes;
  const maxSize = 16_777_216;
  const exec = realm.method(RegExp.prototype, "exec") as (expression: RegExp, text: string) => RegExpExecArray | null;
  const lastIndexOf = realm.method(String.prototype, "lastIndexOf") as (text: string, part: string) => number;
  const unitAt = realm.method(String.prototype, "charCodeAt") as (text: string, at: number) => number;
  const unicode = realm.getter(RegExp.prototype, "unicode") as (expression: RegExp) => boolean;
  const unicodeSets = realm.getter(RegExp.prototype, "unicodeSets") as (expression: RegExp) => boolean;
  const hasIndices = realm.getter(RegExp.prototype, "hasIndices") as (expression: RegExp) => boolean;

  const cutsPair = (text: string, at: number): boolean => {
    const before = unitAt(text, at - 1);
    const after = unitAt(text, at);
    return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
  };

  /** Puts pairs of offsets where they are in the whole text. */
  const shiftIndices = (indices: Record<PropertyKey, unknown>, by: number): void => {
    const groups = realm.dataOf(indices, "groups") as Record<string, unknown> | undefined;
    const shifted = new realm.WeakSet();
    const shiftAll = (held: Record<PropertyKey, unknown>): void =>
      each(ownKeys(held), (key) => {
        const pair = realm.dataOf(held, key);
        if (!realm.isArray(pair) || realm.weakHas(shifted, pair)) return;
        realm.weakAdd(shifted, pair);
        put(pair, 0, (pair[0] as number) + by);
        put(pair, 1, (pair[1] as number) + by);
      });
    shiftAll(indices);
    if (groups !== undefined) shiftAll(groups);
  };

  /** A match in a window as one in the whole text: a new object, for V8's own keeps the window in memory, as its texts do. */
  const outside = (match: RegExpExecArray, start: number, withIndices: boolean): RegExpExecArray => {
    // An array only at the end, so that no setter of the code's takes part.
    const made = list<string | undefined>() as RegExpExecArray;
    const { length, groups } = match;
    for (let index = 0; index < length; index++) made[index] = copied(match[index]) as string;
    made.index = match.index + start;
    made.input = undefined as unknown as string;
    made.groups = groups;
    if (groups !== undefined)
      each(ownKeys(groups), (name) => {
        groups[name as string] = copied(groups[name as string]) as string;
      });
    if (withIndices) {
      const { indices } = match as { indices?: RegExpIndicesArray };
      shiftIndices(indices as unknown as Record<PropertyKey, unknown>, start);
      made.indices = indices as RegExpIndicesArray;
    }
    return asArray(made) as RegExpExecArray;
  };

  /** `visit` makes of a match, in a window that begins at `start`, what is given. */
  const finder = <T>(
    source: TextSource,
    expression: RegExp,
    from: number,
    visit: (match: RegExpExecArray, start: number) => T,
  ): (() => T | undefined) => {
    const byPoint = unicode(expression) || unicodeSets(expression);
    /** Where the next match may begin. */
    let next = from;
    let start = 0;
    let window = "";
    /** Matches that begin here or later are for the window after this one; -1: none is read yet. */
    let border = -1;
    let size = 0;
    const load = (wanted: number): void => {
      const most = wanted < maxSize ? wanted : maxSize;
      const begin = next < margin ? 0 : next - margin;
      const end = next + most + margin;
      const isLast = end >= source.length;
      // Where this fails, all is as it was.
      window = source.read(begin, isLast ? source.length : end);
      size = most;
      start = begin;
      border = isLast ? Infinity : next + size - start;
      if (!isLast && cutsPair(window, border)) border--;
    };
    const afterEmpty = (at: number): number => (byPoint && cutsPair(window, at + 1) ? at + 2 : at + 1);

    return () => {
      while (next <= source.length) {
        if (next - start >= border) load(windowSize);
        expression.lastIndex = next - start;
        const match = exec(expression, window);
        if (match === null || match.index >= border) {
          next = border === Infinity ? Infinity : start + border;
          continue;
        }
        const { index } = match;
        const end = index + match[0].length;
        // With more to read it may go on, or be none.
        if (end === window.length && border !== Infinity && size < maxSize) {
          next = start + index;
          load(2 * size);
          continue;
        }
        next = start + (end === index ? afterEmpty(index) : end);
        return visit(match, start);
      }
      return undefined;
    };
  };

  const occurrences: TextScan["occurrences"] = (source, part, from) => {
    let next = from;
    let start = 0;
    let window: string | undefined;
    return () => {
      while (next + part.length <= source.length) {
        if (window === undefined || next + part.length > start + window.length) {
          const end = next + windowSize + part.length;
          window = source.read(next, end < source.length ? end : source.length);
          start = next;
        }
        const found = indexOf(window, part, next - start);
        if (found >= 0) {
          next = start + found + part.length;
          return start + found;
        }
        next = start + window.length - part.length + 1;
      }
      return undefined;
    };
  };

  return {
    matches: (source, expression, from) => {
      const withIndices = hasIndices(expression);
      return finder(source, expression, from, (match, start) => outside(match, start, withIndices));
    },
    count: (source, expression) => {
      const next = finder(source, expression, 0, () => true);
      let found = 0;
      while (next() === true) found++;
      return found;
    },
    occurrences,
    indexOf: (source, part, from) => occurrences(source, part, from)() ?? -1,
    lastIndexOf: (source, part, from) => {
      let end = from + part.length;
      if (end > source.length) end = source.length;
      while (end >= part.length) {
        const start = end - part.length < windowSize ? 0 : end - part.length - windowSize + 1;
        const found = lastIndexOf(source.read(start, end), part);
        if (found >= 0) return start + found;
        if (start === 0) return -1;
        end = start + part.length - 1;
      }
      return -1;
    },
  };
}
