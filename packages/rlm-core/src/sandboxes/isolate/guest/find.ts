import type { EachString } from "./each-string.ts";
import type { Format } from "./format.ts";
import type { Kinds } from "./kinds.ts";
import type { LongTexts } from "./long-text.ts";
import type { Realm } from "./realm.ts";
import type { TextPart } from "./text-parts.ts";

/** `key`: index, key or path ("3.text") of the string in `within`; none if `within` is one string. */
export interface Hit {
  key?: string | number;
  at: number;
  text: string;
}

export interface Found {
  total: number;
  hits: Hit[];
}

/** `find(pattern, { around = 150, max = 10, within = context })`: searches strings, at any depth, with their surroundings. */
export function createFind(
  realm: Realm,
  kinds: Kinds,
  format: Format,
  longTexts: LongTexts,
  eachString: EachString,
  context: () => unknown,
): (pattern: unknown, options?: unknown) => Found {
  const { argument, errorAt, slice, indexOf, count, each, put, isArray, isInteger, dataOf, ownKeys } = realm;
  const { TypeError } = realm;
  const special = "\\^$.*+?()[]{}|/-";
  /** What `find` gave, with its `around`. */
  const found = new realm.WeakMap<object, number>();
  const exec = realm.method(RegExp.prototype, "exec") as (expression: RegExp, text: string) => RegExpExecArray | null;

  /** A matcher of our own, so that the code's `lastIndex` stays as it is. A plain string is looked for in any case. */
  const matcher = (pattern: unknown): RegExp => {
    if (typeof pattern === "string") {
      if (pattern === "") throw errorAt(TypeError, "Expected the pattern to hold something, got an empty string", find);
      let source = "";
      for (let index = 0; index < pattern.length; index++) {
        const letter = pattern[index] as string;
        source += indexOf(special, letter) >= 0 ? `\\${letter}` : letter;
      }
      return new realm.RegExp(source, "gi");
    }
    if (typeof pattern !== "object" || pattern === null || kinds.kindOf(pattern) !== "regexp") {
      throw errorAt(
        TypeError,
        `Expected the pattern to be a string or a RegExp, got ${pattern === null ? "null" : typeof pattern}`,
        find,
      );
    }
    const written = kinds.pattern(pattern);
    let end = written.length - 1;
    while (written[end] !== "/") end--;
    let flags = "g";
    for (let index = end + 1; index < written.length; index++) {
      const flag = written[index] as string;
      if (flag !== "g" && flag !== "y" && flag !== "d") flags += flag;
    }
    return new realm.RegExp(slice(written, 1, end), flags);
  };

  const wholeNumber = (value: unknown, name: string, otherwise: number): number => {
    if (value === undefined) return otherwise;
    if (value === Infinity) return Number.MAX_SAFE_INTEGER;
    if (!isInteger(value) || (value as number) < 0)
      throw errorAt(
        TypeError,
        `Expected ${name} to be a whole number of 0 or more, got ${format.show(value, 100)}`,
        find,
      );
    return value as number;
  };

  const find = (pattern: unknown, options: unknown = {}): Found => {
    const expression = matcher(pattern);
    if (typeof options !== "object" || options === null)
      throw errorAt(TypeError, "Expected options to be an object such as { around, max, within }", find);
    each(ownKeys(options), (key) => {
      if (key === "around" || key === "max" || key === "within") return;
      const name = realm.stringify(typeof key === "string" ? key : "symbol");
      throw errorAt(TypeError, `Unknown option ${name}: expected around, max or within`, find);
    });
    const around = wholeNumber(argument(options, "around"), "around", 150);
    const max = wholeNumber(argument(options, "max"), "max", 10);
    const within = argument(options, "within") ?? context();
    const hits: Hit[] = [];
    let total = 0;

    const search = (text: string, key: string | number | undefined): void => {
      expression.lastIndex = 0;
      for (let match = exec(expression, text); match !== null; match = exec(expression, text)) {
        if (total++ < max) {
          const from = match.index < around ? 0 : match.index - around;
          const hit = { at: match.index, text: slice(text, from, match.index + match[0].length + around) };
          put(hits, hits.length, key === undefined ? hit : { key, ...hit });
        }
        if (match[0].length === 0) expression.lastIndex++;
      }
    };
    const searchLong = (part: TextPart, key: string | number | undefined): void => {
      const next = longTexts.matches(part, expression);
      for (let match = next(); match !== undefined; match = next()) {
        if (total++ >= max) continue;
        const from = match.index < around ? 0 : match.index - around;
        const hit = { at: match.index, text: longTexts.text(part, from, match.index + match[0].length + around) };
        put(hits, hits.length, key === undefined ? hit : { key, ...hit });
      }
    };
    if (typeof within !== "string" && (typeof within !== "object" || within === null)) {
      throw errorAt(
        TypeError,
        `Expected within to be a string, an array or an object, got ${within === null ? "null" : typeof within}`,
        find,
      );
    }
    eachString(within, (text, key) => {
      if (typeof text === "string") search(text, key);
      else searchLong(text, key);
      return false;
    });
    const result = { total, hits };
    realm.weakPut(found, result, around);
    return result;
  };

  format.special((value) => {
    const around = realm.weakGet(found, value);
    if (around === undefined) return undefined;
    const total = dataOf(value, "total");
    const hits = dataOf(value, "hits");
    if (typeof total !== "number" || !isArray(hits)) return undefined;
    const length = dataOf(hits, "length") as number;
    let text =
      total === 0
        ? "no hits"
        : `${count(total)} ${total === 1 ? "hit" : "hits"}${length < total ? `, the first ${count(length)}` : ""}:`;
    let passage = { key: undefined as unknown, places: "", text: "", end: -1 };
    const close = (): void => {
      if (passage.places !== "") text += `\n[${passage.places}] ${passage.text}`;
    };
    for (let index = 0; index < length; index++) {
      const hit = dataOf(hits, index);
      if (typeof hit !== "object" || hit === null) continue;
      const key = dataOf(hit, "key");
      const at = dataOf(hit, "at");
      const shown = dataOf(hit, "text");
      const surrounding = typeof shown === "string" ? shown : "";
      const place = format.show(at, 20);
      const start = typeof at !== "number" ? -1 : at < around ? 0 : at - around;
      // What lies in one another's surroundings is shown once.
      if (start >= 0 && start < passage.end && key === passage.key) {
        passage.places += `, ${place}`;
        passage.text += slice(surrounding, passage.end - start);
      } else {
        close();
        passage = {
          key,
          places: `${key === undefined ? "" : `${format.show(key, 100)}, `}at ${place}`,
          text: surrounding,
          end: 0,
        };
      }
      if (start + surrounding.length > passage.end) passage.end = start + surrounding.length;
    }
    close();
    return text;
  });
  return find;
}
