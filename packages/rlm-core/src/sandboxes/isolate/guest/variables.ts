import type { Format } from "./format.ts";
import type { Kinds } from "./kinds.ts";
import type { Realm } from "./realm.ts";

export interface Variables {
  /** Notes names that a block declares, one a line. */
  declare(names: string): void;
  /** The code's variables by name, sorted; also globals that it made without declaring them. */
  names(): string[];
  /** Undefined for a getter. */
  valueOf(name: string): unknown;
  describe(name: string): { name: string; type: string; size: string; preview: string };
}

/** Made when the surface is complete: whatever the global object holds by then is not the code's. */
export function createVariables(realm: Realm, kinds: Kinds, format: Format): Variables {
  const { global, ownKeys, mapHas, mapSet, list, indexOf, slice, count, describe, dataOf, hasOwn } = realm;
  const before = new realm.Map<PropertyKey, boolean>();
  const declared = new realm.Map<PropertyKey, boolean>();
  const keys = ownKeys(global);
  for (let index = 0; index < keys.length; index++) mapSet(before, keys[index]!, true);

  // Merge sort, for the array methods are the code's by now.
  const sort = (names: string[]): string[] => {
    if (names.length < 2) return names;
    const middle = realm.floor(names.length / 2);
    const left = list<string>();
    const right = list<string>();
    for (let index = 0; index < names.length; index++) {
      const half = index < middle ? left : right;
      half[half.length] = names[index]!;
    }
    const first = sort(left);
    const second = sort(right);
    const merged = list<string>();
    for (let at = 0, other = 0; at < first.length || other < second.length; ) {
      const takeFirst = other >= second.length || (at < first.length && first[at]! < second[other]!);
      merged[merged.length] = takeFirst ? first[at++]! : second[other++]!;
    }
    return merged;
  };

  const sizeOf = (value: unknown): string => {
    const plural = (number: number, unit: string, units: string): string => `${count(number)} ${number === 1 ? unit : units}`;
    if (typeof value === "string") return plural(value.length, "character", "characters");
    if (typeof value !== "object" || value === null) return "";
    switch (kinds.kindOf(value)) {
      case "array":
        return plural(dataOf(value, "length") as number, "element", "elements");
      case "typedarray":
        return plural(kinds.typedLength(value), "element", "elements");
      case "map":
        return plural(kinds.mapSize(value), "entry", "entries");
      case "set":
        return plural(kinds.setSize(value), "member", "members");
      case "arraybuffer":
        return plural(kinds.byteLength(value), "byte", "bytes");
      case "object":
        return plural(ownKeys(value).length, "key", "keys");
      default:
        return "";
    }
  };

  const typeOf = (value: unknown): string => {
    if (value === null) return "null";
    if (typeof value === "function") return indexOf(slice(kinds.source(value), 0, 6), "class") === 0 ? "class" : "function";
    if (typeof value !== "object") return typeof value;
    const kind = kinds.kindOf(value);
    if (kind === "array" || kind === "proxy") return kind;
    const name = kinds.className(value);
    return name === "" || name === "Object" ? "object" : name;
  };

  return {
    declare: (names) => {
      for (let start = 0; start < names.length; ) {
        const end = indexOf(names, "\n", start);
        mapSet(declared, slice(names, start, end), true);
        start = end + 1;
      }
    },
    names: () => {
      const found = list<string>();
      const now = ownKeys(global);
      for (let index = 0; index < now.length; index++) {
        const name = now[index]!;
        if (typeof name === "string" && (!mapHas(before, name) || mapHas(declared, name))) found[found.length] = name;
      }
      return sort(found);
    },
    valueOf: (name) => dataOf(global, name),
    describe: (name) => {
      const property = describe(global, name);
      if (property !== undefined && !hasOwn(property, "value")) return { name, type: "getter", size: "", preview: "" };
      const value = property?.value as unknown;
      return { name, type: typeOf(value), size: sizeOf(value), preview: slice(format.show(typeof value === "string" ? slice(value, 0, 200) : value, 200), 0, 200) };
    },
  };
}
