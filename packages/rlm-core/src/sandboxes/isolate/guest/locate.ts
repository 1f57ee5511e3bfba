import type { EachString } from "./each-string.ts";
import type { GuestHost } from "./host.ts";
import type { Kinds } from "./kinds.ts";
import type { LongLists } from "./long-list.ts";
import type { LongTexts } from "./long-text.ts";
import type { Realm } from "./realm.ts";
import type { TextPart } from "./text-parts.ts";
import type { TextScan } from "./text-scan.ts";

/** Where a passage stands: offsets in a string, `key` as `find` has it. */
export interface Place {
  source?: string;
  key?: string | number;
  start: number;
  end: number;
  quote: string;
}

/** What quotes are looked for in: a value, and what it is called. */
export interface LocateSource {
  name: string | undefined;
  value: unknown;
  /** Of the context, among all. */
  index?: number;
}

export interface Locate {
  /** The first place of a quote, word for word if there is one; `hint`: the source, or the key in one, to begin with. */
  place: (quote: string, sources: ArrayLike<LocateSource>, hint?: string) => Place | "none" | "short" | "long";
  /** The passage that has a part of the quote, a large one if there is one, in its surroundings; undefined where none has, or a search would take long. */
  nearest: (quote: string, sources: ArrayLike<LocateSource>) => Place | undefined;
}

export function createLocate(
  realm: Realm,
  host: GuestHost,
  kinds: Kinds,
  scan: TextScan,
  longTexts: LongTexts,
  longLists: LongLists,
  eachString: EachString,
): Locate {
  const { each, indexOf, slice, copied, dataOf, describe, parse } = realm;
  const exec = realm.method(RegExp.prototype, "exec") as (expression: RegExp, text: string) => RegExpExecArray | null;
  // Of rlm-core/src/citations/citation.ts: the parent believes no longer one.
  const maxPassageChars = 8_192;
  const shownChars = 60;
  const nearestChars = 50_000_000;

  type Test = (text: string | TextPart) => { start: number; end: number } | undefined;

  const read = (text: string | TextPart, from: number, to: number): string =>
    typeof text === "string"
      ? copied(slice(text, from < 0 ? 0 : from, to))
      : longTexts.text(text, from < 0 ? 0 : from, to);

  const wordForWord =
    (quote: string): Test =>
    (text) => {
      const start = typeof text === "string" ? indexOf(text, quote) : scan.indexOf(text, quote, 0);
      return start < 0 ? undefined : { start, end: start + quote.length };
    };
  const alike = (pattern: string): Test => {
    const expression = new realm.RegExp(pattern, "g");
    return (text) => {
      expression.lastIndex = 0;
      const match = typeof text === "string" ? exec(expression, text) : longTexts.matches(text, expression)();
      if (match === null || match === undefined || match[0].length > maxPassageChars) return undefined;
      return { start: match.index, end: match.index + match[0].length };
    };
  };
  const allOf = (pattern: string, quote: string): Test => {
    const blank = new realm.RegExp(`^\\s*(?:${pattern})\\s*$`);
    const inside = wordForWord(quote);
    return (text) => (typeof text === "string" && exec(blank, text) !== null ? inside(text) : undefined);
  };

  /** The first string of the value in which the test finds something. */
  const search = (source: LocateSource, test: Test, value: unknown, at?: string): Place | undefined => {
    let found: Place | undefined;
    eachString(
      value,
      (text, key) => {
        const hit = test(text);
        if (hit === undefined) return false;
        const { start, end } = hit;
        found = {
          ...(source.name !== undefined && { source: source.name }),
          ...(key !== undefined && { key }),
          start,
          end,
          quote: read(text, start, end),
        };
        return true;
      },
      at,
      true,
    );
    return found;
  };
  const member = (value: unknown, key: string): unknown => {
    if (typeof value !== "object" || value === null || kinds.kindOf(value) !== "object") return undefined;
    if (describe(value, key)?.enumerable !== true) return undefined;
    return longLists.isMembers(value) ? (value as Record<string, unknown>)[key] : dataOf(value, key);
  };
  const searchAll = (sources: ArrayLike<LocateSource>, test: Test, hint?: string): Place | undefined => {
    let found: Place | undefined;
    if (hint !== undefined)
      each(sources, (source) => {
        if (found !== undefined) return;
        if (source.name === hint) found = search(source, test, source.value);
        else found = search(source, test, member(source.value, hint), hint);
      });
    each(sources, (source) => {
      found ??= search(source, test, source.value);
    });
    return found;
  };

  return {
    place: (quote, sources, hint) => {
      const form = parse(host.quoteForm(quote)) as { text: string; pattern: string; short: boolean };
      if (form.text === "") return quote.length < 100 ? "short" : "long";
      if (form.short) return searchAll(sources, allOf(form.pattern, form.text), hint) ?? "short";
      return (
        searchAll(sources, wordForWord(form.text), hint) ?? searchAll(sources, alike(form.pattern), hint) ?? "none"
      );
    },
    nearest: (quote, sources) => {
      const { portions } = parse(host.quoteForm(quote)) as { portions: string[] };
      let found: Place | undefined;
      let isLong = false;
      each(sources, ({ value }) => {
        if (longTexts.partOf(value) !== undefined || longLists.nameOf(value) !== undefined) isLong = true;
      });
      if (isLong) return undefined;
      each(portions, (pattern) => {
        if (found !== undefined) return;
        let read = 0;
        const test = alike(pattern);
        found = searchAll(sources, (text) => {
          read += text.length;
          const hit = read > nearestChars ? undefined : test(text);
          return hit && { start: hit.start < shownChars ? 0 : hit.start - shownChars, end: hit.end + shownChars };
        });
      });
      return found;
    },
  };
}
