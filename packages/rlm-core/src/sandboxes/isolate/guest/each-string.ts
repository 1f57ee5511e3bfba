import type { Kinds } from "./kinds.ts";
import type { LongLists } from "./long-list.ts";
import type { LongTexts } from "./long-text.ts";
import type { Realm } from "./realm.ts";
import type { TextPart } from "./text-parts.ts";

/** Visits every string in a value, at any depth, until `visit` says that it is enough. `key`: where the value itself is; `numbers`: they are visited too, as texts. */
export type EachString = (
  value: unknown,
  visit: (text: string | TextPart, key: string | number | undefined) => boolean,
  key?: string | number,
  numbers?: boolean,
) => void;

export function createEachString(realm: Realm, kinds: Kinds, longTexts: LongTexts, longLists: LongLists): EachString {
  const { each, dataOf, ownKeys, describe } = realm;
  const maxDepth = 8;

  return (within, visit, at, numbers = false) => {
    let enough = false;
    const go = (value: unknown, key: string | number | undefined, depth: number): void => {
      if (enough) return;
      if (typeof value === "string") {
        enough = visit(value, key);
        return;
      }
      if (numbers && typeof value === "number" && key !== undefined) {
        enough = visit(`${value}`, key);
        return;
      }
      if (typeof value !== "object" || value === null || depth > maxDepth) return;
      const part = longTexts.partOf(value);
      if (part !== undefined) {
        enough = visit(part, key);
        return;
      }
      const kind = kinds.kindOf(value);
      const inside = (name: string | number): string | number => (key === undefined ? name : `${key}.${name}`);
      if (kind === "array") {
        const length = dataOf(value, "length") as number;
        for (let index = 0; index < length && !enough; index++) go(dataOf(value, index), inside(index), depth + 1);
      } else if (kind === "object") {
        const isRead = longLists.isMembers(value);
        each(ownKeys(value), (name) => {
          if (enough) return;
          if (isRead) go((value as Record<PropertyKey, unknown>)[name], inside(name as string), depth + 1);
          else if (typeof name === "string" && describe(value, name)?.enumerable === true)
            go(dataOf(value, name), inside(name), depth + 1);
        });
      } else if (kind === "map") {
        kinds.eachEntry(value, (name, entry) => {
          if (typeof name === "string" || typeof name === "number") go(entry, inside(name), depth + 1);
          return !enough;
        });
      }
    };
    go(within, at, 0);
  };
}
