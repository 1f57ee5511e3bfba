import type { Format } from "./format.ts";
import type { Kinds } from "./kinds.ts";
import type { LongTexts } from "./long-text.ts";
import type { Realm } from "./realm.ts";

export interface Variables {
  /** Makes the names that a block declares, one a line, variables; returns the first that cannot become one, or "". */
  declare: (names: string) => string;
  /** A name that was the code's, or could have been, is not any more. */
  lose: (name: string) => void;
  /** The code's variables by name, sorted; also globals that it made without declaring them. */
  names: () => string[];
  /** Undefined for a getter. */
  valueOf: (name: string) => unknown;
  describe: (name: string) => { name: string; type: string; size: string; preview: string };
}

/** Made when the surface is complete: whatever the global object holds by then is not the code's. */
export function createVariables(realm: Realm, kinds: Kinds, format: Format, longTexts: LongTexts): Variables {
  const { global, ownKeys, each, mapHas, mapSet, list, indexOf, slice, count, describe, dataOf, hasOwn } = realm;
  const before = new realm.Map<PropertyKey, boolean>();
  const declared = new realm.Map<PropertyKey, boolean>();
  each(ownKeys(global), (key) => mapSet(before, key, true));

  // Merge sort, for the array methods are the code's by now.
  const sort = (names: string[]): string[] => {
    if (names.length < 2) return names;
    const middle = realm.floor(names.length / 2);
    const left = list<string>();
    const right = list<string>();
    each(names, (name, index) => {
      const half = index < middle ? left : right;
      half[half.length] = name;
    });
    const first = sort(left);
    const second = sort(right);
    const merged = list<string>();
    for (let at = 0, other = 0; at < first.length || other < second.length;) {
      const takeFirst =
        other >= second.length || (at < first.length && (first[at] as string) < (second[other] as string));
      merged[merged.length] = (takeFirst ? first[at++] : second[other++]) as string;
    }
    return merged;
  };

  const amount = (number: number, unit: string, units: string): string =>
    `${count(number)} ${number === 1 ? unit : units}`;

  const sizeOf = (value: unknown): string => {
    if (typeof value === "string") return amount(value.length, "character", "characters");
    if (typeof value !== "object" || value === null) return "";
    const part = longTexts.partOf(value);
    if (part !== undefined) return amount(part.length, "character", "characters");
    const kind = kinds.kindOf(value);
    if (kind === "array") return amount(dataOf(value, "length") as number, "element", "elements");
    if (kind === "typedarray") return amount(kinds.typedLength(value), "element", "elements");
    if (kind === "map") return amount(kinds.mapSize(value), "entry", "entries");
    if (kind === "set") return amount(kinds.setSize(value), "member", "members");
    if (kind === "arraybuffer") return amount(kinds.byteLength(value), "byte", "bytes");
    return kind === "object" ? amount(ownKeys(value).length, "key", "keys") : "";
  };

  const typeOf = (value: unknown): string => {
    if (value === null) return "null";
    if (typeof value === "function")
      return indexOf(slice(kinds.source(value), 0, 6), "class") === 0 ? "class" : "function";
    if (typeof value !== "object") return typeof value;
    const kind = kinds.kindOf(value);
    if (kind === "array" || kind === "proxy") return kind;
    const name = kinds.className(value);
    return name === "" || name === "Object" ? "object" : name;
  };

  return {
    declare: (names) => {
      let fixed = "";
      for (let start = 0; start < names.length;) {
        const end = indexOf(names, "\n", start);
        const name = slice(names, start, end);
        mapSet(declared, name, true);
        start = end + 1;
        const property = describe(global, name);
        if (property === undefined || dataOf(property, "writable") === true) continue;
        // A getter, or a value that code has fixed, would swallow what is assigned.
        if (property.configurable) realm.put(global, name, undefined);
        else if (fixed === "") fixed = name;
      }
      return fixed;
    },
    lose: (name) => {
      mapSet(before, name, true);
      realm.mapDelete(declared, name);
    },
    names: () => {
      const found = list<string>();
      each(ownKeys(global), (name) => {
        if (typeof name === "string" && (!mapHas(before, name) || mapHas(declared, name))) found[found.length] = name;
      });
      return sort(found);
    },
    valueOf: (name) => dataOf(global, name),
    describe: (name) => {
      const property = describe(global, name);
      if (property !== undefined && !hasOwn(property, "value")) return { name, type: "getter", size: "", preview: "" };
      const value = property?.value as unknown;
      return {
        name,
        type: typeOf(value),
        size: sizeOf(value),
        preview: slice(format.show(value, 200), 0, 200),
      };
    },
  };
}
