import type { Format } from "./format.ts";
import type { Kinds } from "./kinds.ts";
import type { Realm } from "./realm.ts";
import type { TextPart, TextParts } from "./text-parts.ts";
import type { createTextPieces } from "./text-pieces.ts";
import type { TextScan } from "./text-scan.ts";

export interface LongTexts {
  create: (part: TextPart) => object;
  /** What is behind a LongText; undefined for all else. */
  partOf: (value: unknown) => TextPart | undefined;
  /** Matches of a RegExp with `g`, one a call. */
  matches: (part: TextPart, expression: RegExp) => () => RegExpExecArray | undefined;
  text: (part: TextPart, from: number, to: number) => string;
}

/**
 * Texts that are longer than a string can be: what a string has for reading, with a string's semantics, and `count`, `lines`
 * and `chunks`. A part of more than `maxString` characters is a LongText too: as it goes to a child, and to save memory. A text is read a window at a time, so memory does not grow with it.
 */
export function createLongTexts(
  realm: Realm,
  kinds: Kinds,
  format: Format,
  parts: TextParts,
  scan: TextScan,
  createPieces: typeof createTextPieces,
  maxString: number,
): LongTexts {
  const {
    errorAt,
    count,
    each,
    is,
    list,
    asArray,
    slice,
    indexOf,
    isInteger,
    fix,
    freeze,
    describe,
    ownKeys,
    argument,
    copied,
  } = realm;
  const { TypeError, RangeError } = realm;
  const shortRead = 65_536;
  const shownChars = 1_000;
  const known = new realm.WeakMap<object, TextPart>();
  const trunc = realm.dataOf(Math, "trunc") as (value: number) => number;
  const unitAt = realm.method(String.prototype, "charCodeAt") as (text: string, at: number) => number;
  const stringKeys = ownKeys(String.prototype);

  const partOf = (value: unknown): TextPart | undefined =>
    typeof value === "object" && value !== null ? realm.weakGet(known, value) : undefined;
  const own = (value: unknown, above: Function): TextPart => {
    const part = partOf(value);
    if (part === undefined) throw errorAt(TypeError, "Expected `this` to be a LongText", above);
    return part;
  };

  // A string's methods take any value as a number.
  const integer = (value: unknown, otherwise: number): number => {
    if (value === undefined) return otherwise;
    const number = trunc(+(value as string));
    return is(number, NaN) ? 0 : number;
  };
  const clamp = (at: number, length: number): number => (at < 0 ? 0 : at > length ? length : at);
  const fromEnd = (at: number, length: number): number => clamp(at < 0 ? at + length : at, length);

  const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
  const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
  const text = (part: TextPart, from: number, to: number): string =>
    to - from > shortRead ? part.read(from, to) : copied(parts.peek(part, from, to));
  const cut = (part: TextPart, from: number, to: number): unknown => {
    if (to <= from) return "";
    return to - from > maxString ? create(parts.part(part.context, part.from + from, to - from)) : text(part, from, to);
  };
  const string = String;
  const isRegExp = (value: unknown): value is RegExp =>
    typeof value === "object" && value !== null && kinds.kindOf(value) === "regexp";

  const flagsOf = (pattern: object): string => {
    const written = kinds.pattern(pattern);
    let end = written.length - 1;
    while (written[end] !== "/") end--;
    return slice(written, end + 1);
  };
  /** A RegExp of our own with `g`, so that the code's `lastIndex` stays as it is. */
  const searcher = (pattern: unknown, above: Function): RegExp => {
    if (!isRegExp(pattern)) return new realm.RegExp(pattern === undefined ? "" : string(pattern), "g");
    const flags = flagsOf(pattern);
    if (indexOf(flags, "y") >= 0)
      throw errorAt(TypeError, "A LongText cannot be searched with the flag y of a RegExp: leave it out", above);
    const written = kinds.pattern(pattern);
    const source = slice(written, 1, written.length - flags.length - 1);
    return new realm.RegExp(source, indexOf(flags, "g") >= 0 ? flags : `${flags}g`);
  };
  const isGlobal = (pattern: unknown): boolean => isRegExp(pattern) && indexOf(flagsOf(pattern), "g") >= 0;
  const noRegExp = (value: unknown, name: string, above: Function): string => {
    if (isRegExp(value))
      throw errorAt(TypeError, `Expected the first argument of ${name} to be a string, got a RegExp`, above);
    return string(value);
  };

  const wholeNumber = (value: unknown, name: string, least: number, above: Function): number => {
    if (isInteger(value) && (value as number) >= least) return value as number;
    throw errorAt(RangeError, `Expected ${name} to be a whole number of ${least} or more, got ${string(value)}`, above);
  };
  const { iterator, lines, chunks, splitByText, splitByPattern } = createPieces(realm, parts, scan, cut);

  const methods: Record<string, Function> = {
    slice(this: unknown, from?: unknown, to?: unknown) {
      const part = own(this, methods["slice"] as Function);
      const { length } = part;
      return cut(part, fromEnd(integer(from, 0), length), fromEnd(integer(to, length), length));
    },
    substring(this: unknown, from?: unknown, to?: unknown) {
      const part = own(this, methods["substring"] as Function);
      const a = clamp(integer(from, 0), part.length);
      const b = clamp(integer(to, part.length), part.length);
      return a < b ? cut(part, a, b) : cut(part, b, a);
    },
    at(this: unknown, index?: unknown) {
      const part = own(this, methods["at"] as Function);
      const wanted = integer(index, 0);
      const at = wanted < 0 ? wanted + part.length : wanted;
      return at < 0 || at >= part.length ? undefined : parts.peek(part, at, at + 1);
    },
    charAt(this: unknown, index?: unknown) {
      const part = own(this, methods["charAt"] as Function);
      const at = integer(index, 0);
      return at < 0 || at >= part.length ? "" : parts.peek(part, at, at + 1);
    },
    charCodeAt(this: unknown, index?: unknown) {
      const part = own(this, methods["charCodeAt"] as Function);
      const at = integer(index, 0);
      return at < 0 || at >= part.length ? NaN : unitAt(parts.peek(part, at, at + 1), 0);
    },
    codePointAt(this: unknown, index?: unknown) {
      const part = own(this, methods["codePointAt"] as Function);
      const at = integer(index, 0);
      if (at < 0 || at >= part.length) return undefined;
      const around = parts.peek(part, at, clamp(at + 2, part.length));
      const high = unitAt(around, 0);
      const low = unitAt(around, 1);
      return isHigh(high) && isLow(low) ? (high - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000 : high;
    },
    indexOf(this: unknown, wanted: unknown, from?: unknown) {
      const part = own(this, methods["indexOf"] as Function);
      return scan.indexOf(part, string(wanted), clamp(integer(from, 0), part.length));
    },
    lastIndexOf(this: unknown, wanted: unknown, from?: unknown) {
      const part = own(this, methods["lastIndexOf"] as Function);
      const number = +(from as string);
      const at = is(number, NaN) ? part.length : trunc(number);
      return scan.lastIndexOf(part, string(wanted), clamp(at, part.length));
    },
    includes(this: unknown, wanted: unknown, from?: unknown) {
      const part = own(this, methods["includes"] as Function);
      const wantedText = noRegExp(wanted, "includes", methods["includes"] as Function);
      return scan.indexOf(part, wantedText, clamp(integer(from, 0), part.length)) >= 0;
    },
    startsWith(this: unknown, wanted: unknown, from?: unknown) {
      const part = own(this, methods["startsWith"] as Function);
      const begin = noRegExp(wanted, "startsWith", methods["startsWith"] as Function);
      const at = clamp(integer(from, 0), part.length);
      return at + begin.length <= part.length && text(part, at, at + begin.length) === begin;
    },
    endsWith(this: unknown, wanted: unknown, to?: unknown) {
      const part = own(this, methods["endsWith"] as Function);
      const end = noRegExp(wanted, "endsWith", methods["endsWith"] as Function);
      const at = clamp(integer(to, part.length), part.length) - end.length;
      return at >= 0 && text(part, at, at + end.length) === end;
    },
    search(this: unknown, pattern?: unknown) {
      const part = own(this, methods["search"] as Function);
      return scan.matches(part, searcher(pattern, methods["search"] as Function), 0)()?.index ?? -1;
    },
    match(this: unknown, pattern?: unknown) {
      const part = own(this, methods["match"] as Function);
      const next = scan.matches(part, searcher(pattern, methods["match"] as Function), 0);
      if (!isGlobal(pattern)) return next() ?? null;
      const found = list<string>();
      for (let match = next(); match !== undefined; match = next()) found[found.length] = match[0];
      return found.length === 0 ? null : asArray(found);
    },
    matchAll(this: unknown, pattern?: unknown) {
      const part = own(this, methods["matchAll"] as Function);
      if (isRegExp(pattern) && !isGlobal(pattern))
        throw errorAt(TypeError, "matchAll needs a RegExp with the flag g", methods["matchAll"] as Function);
      const from = isRegExp(pattern) ? integer(pattern.lastIndex, 0) : 0;
      const next = scan.matches(part, searcher(pattern, methods["matchAll"] as Function), clamp(from, part.length + 1));
      return iterator(() => {
        const match = next();
        return match && { value: match };
      });
    },
    count(this: unknown, pattern: unknown) {
      const above = methods["count"] as Function;
      const part = own(this, above);
      if (isRegExp(pattern)) return scan.count(part, searcher(pattern, above));
      const wanted = string(pattern);
      if (wanted === "") throw errorAt(TypeError, "Expected a RegExp or a string that holds something to count", above);
      const next = scan.occurrences(part, wanted, 0);
      let found = 0;
      while (next() !== undefined) found++;
      return found;
    },
    split(this: unknown, separator?: unknown, limit?: unknown) {
      const part = own(this, methods["split"] as Function);
      const most = limit === undefined ? 4_294_967_295 : (limit as number) >>> 0;
      if (most === 0) return [];
      if (separator === undefined) return [cut(part, 0, part.length)];
      return isRegExp(separator)
        ? splitByPattern(part, searcher(separator, methods["split"] as Function), most)
        : splitByText(part, string(separator), most);
    },
    lines(this: unknown) {
      const part = own(this, methods["lines"] as Function);
      return lines(part);
    },
    chunks(this: unknown, size: unknown, overlap: unknown = 0) {
      const above = methods["chunks"] as Function;
      const part = own(this, above);
      const given =
        typeof size === "object" && size !== null
          ? { size: argument(size, "size"), overlap: argument(size, "overlap") ?? 0 }
          : { size, overlap };
      const most = wholeNumber(given.size, "size", 2, above);
      const again = wholeNumber(given.overlap, "overlap", 0, above);
      if (again > most - 2)
        throw errorAt(RangeError, `Expected overlap to be at most size - 2 (${most - 2}), got ${again}`, above);
      return chunks(part, most, again);
    },
    toString(this: unknown) {
      const above = methods["toString"] as Function;
      const part = own(this, above);
      if (part.length > maxString)
        throw errorAt(
          RangeError,
          `A LongText of ${count(part.length)} characters cannot become one string: take parts of it with slice(from, to), lines(), chunks(size) or matchAll(/…/g)`,
          above,
        );
      return text(part, 0, part.length);
    },
  };
  methods["toJSON"] = methods["toString"] as Function;
  methods["valueOf"] = methods["toString"] as Function;

  const LongText = function LongText(): never {
    throw errorAt(
      TypeError,
      "A LongText cannot be made here: it is what a context is that is longer than a string can be",
      LongText,
    );
  };
  const prototype = {};
  each(ownKeys(methods), (name) => realm.hide(prototype, name, freeze(methods[name as string])));
  realm.hide(prototype, "constructor", LongText);
  fix(LongText, "prototype", prototype);
  Reflect.defineProperty(prototype, "length", {
    get(this: unknown) {
      return partOf(this)?.length ?? 0;
    },
  } as PropertyDescriptor);
  realm.hide(prototype, Symbol.iterator, function (this: unknown): object {
    const part = own(this, methods["toString"] as Function);
    let at = 0;
    return iterator(() => {
      if (at >= part.length) return undefined;
      const around = parts.peek(part, at, clamp(at + 2, part.length));
      const value = isHigh(unitAt(around, 0)) && isLow(unitAt(around, 1)) ? around : slice(around, 0, 1);
      at += value.length;
      return { value };
    });
  });
  // What a string can and a LongText cannot says so, and what to do.
  each(stringKeys, (name) => {
    if (typeof name !== "string" || describe(prototype, name) !== undefined) return;
    const missing = (): never => {
      throw errorAt(
        TypeError,
        `A LongText has no ${name}(): use it on parts, from slice(from, to), lines(), chunks(size) or matchAll(/…/g)`,
        missing,
      );
    };
    realm.hide(prototype, name, freeze(missing));
  });
  freeze(prototype);

  // Without a prototype: a property of Object.prototype would be a trap of the code's.
  const handler = {
    __proto__: null,
    get(target: object, key: PropertyKey, receiver: unknown): unknown {
      if (typeof key === "string" && key !== "" && (key[0] as string) >= "0" && (key[0] as string) <= "9") {
        const part = partOf(receiver);
        const at = +key;
        return part === undefined || `${at}` !== key || !isInteger(at) || at >= part.length
          ? undefined
          : parts.peek(part, at, at + 1);
      }
      return realm.get(target, key, receiver);
    },
  };

  function create(part: TextPart): object {
    const target = freeze({ __proto__: prototype });
    const made = new realm.Proxy(target, handler);
    realm.weakPut(known, made, part);
    return made;
  }
  format.special((value) => {
    const part = partOf(value);
    if (part === undefined) return undefined;
    const shown = text(part, 0, clamp(shownChars, part.length));
    return `${shown}${shown.length < part.length ? `… (a LongText of ${count(part.length)} characters)` : ""}`;
  });
  return {
    create,
    partOf,
    matches: (part, expression) => scan.matches(part, expression, 0),
    text: (part, from, to) => text(part, from, clamp(to, part.length)),
  };
}
