import type { IsProxy } from "./harden.ts";
import type { Realm } from "./realm.ts";

/** What an object is, found without calling a getter, a proxy's trap or a method of the code's. */
export type Kind =
  | "array" | "arraybuffer" | "date" | "error" | "function" | "map" | "object" | "opaque" | "promise" | "proxy" | "regexp" | "set" | "typedarray";

export interface Kinds {
  kindOf(value: object): Kind;
  /** Name of the class, "" without prototype. */
  className(value: object): string;
  /** A data property of the object or its prototypes. */
  inherited(value: object, key: PropertyKey): unknown;
  mapSize(value: object): number;
  setSize(value: object): number;
  /** Calls `visit` until it returns false. */
  eachEntry(value: object, visit: (key: unknown, value: unknown) => boolean): void;
  eachMember(value: object, visit: (value: unknown) => boolean): void;
  time(value: object): number;
  /** "/source/flags". */
  pattern(value: object): string;
  source(value: object): string;
  typedLength(value: object): number;
  typedAt(value: object, index: number): number | bigint;
  byteLength(value: object): number;
}

export function createKinds(realm: Realm, isProxy: IsProxy): Kinds {
  const { uncurry, describe, prototypeOf, isArray, dataOf, hasOwn } = realm;
  const getter = <T>(prototype: object, key: PropertyKey): ((self: object) => T) => uncurry(describe(prototype, key)!.get as (this: object) => T);
  const method = <T>(prototype: object, key: PropertyKey): ((self: object, ...args: unknown[]) => T) =>
    uncurry(dataOf(prototype, key) as (this: object, ...args: unknown[]) => T);

  const typedPrototype = prototypeOf(Uint8Array.prototype)!;
  const mapSize = getter<number>(Map.prototype, "size");
  const setSize = getter<number>(Set.prototype, "size");
  const time = method<number>(Date.prototype, "getTime");
  const source = method<string>(Function.prototype, "toString");
  const regexSource = getter<string>(RegExp.prototype, "source");
  const typedLength = getter<number>(typedPrototype, "length");
  const byteLength = getter<number>(ArrayBuffer.prototype, "byteLength");
  // The getter `flags` asks the object for each of these, which code can replace; these read the inside.
  const flags = [
    { letter: "d", set: getter<boolean>(RegExp.prototype, "hasIndices") },
    { letter: "g", set: getter<boolean>(RegExp.prototype, "global") },
    { letter: "i", set: getter<boolean>(RegExp.prototype, "ignoreCase") },
    { letter: "m", set: getter<boolean>(RegExp.prototype, "multiline") },
    { letter: "s", set: getter<boolean>(RegExp.prototype, "dotAll") },
    { letter: "u", set: getter<boolean>(RegExp.prototype, "unicode") },
    { letter: "v", set: getter<boolean>(RegExp.prototype, "unicodeSets") },
    { letter: "y", set: getter<boolean>(RegExp.prototype, "sticky") },
  ];
  const entries = method<object>(Map.prototype, "entries");
  const members = method<object>(Set.prototype, "values");
  const nextEntry = method<{ done: boolean; value: [unknown, unknown] }>(prototypeOf(new Map().entries())!, "next");
  const nextMember = method<{ done: boolean; value: unknown }>(prototypeOf(new Set().values())!, "next");

  // Each known prototype with a test that only a real one passes.
  const known: { prototype: object; kind: Kind; test?: (value: object) => unknown }[] = [
    { prototype: Map.prototype, kind: "map", test: mapSize },
    { prototype: Set.prototype, kind: "set", test: setSize },
    { prototype: Date.prototype, kind: "date", test: time },
    { prototype: RegExp.prototype, kind: "regexp", test: regexSource },
    { prototype: Promise.prototype, kind: "promise" },
    { prototype: typedPrototype, kind: "typedarray", test: typedLength },
    { prototype: ArrayBuffer.prototype, kind: "arraybuffer", test: byteLength },
    { prototype: WeakMap.prototype, kind: "opaque" },
    { prototype: WeakSet.prototype, kind: "opaque" },
    { prototype: Iterator.prototype, kind: "opaque" },
  ];
  const objectPrototype = Object.prototype;
  const isError = (Error as unknown as { isError?: (value: unknown) => boolean }).isError;
  if (isError === undefined) known[known.length] = { prototype: Error.prototype, kind: "error" };

  const kindOf = (value: object): Kind => {
    if (isProxy(value)) return "proxy";
    if (typeof value === "function") return "function";
    if (isArray(value)) return "array";
    let prototype = prototypeOf(value);
    if (prototype === objectPrototype || prototype === null) return "object";
    if (isError?.(value)) return "error";
    for (let depth = 0; prototype !== null && depth < 100 && !isProxy(prototype); depth++) {
      for (let index = 0; index < known.length; index++) {
        const { kind, test } = known[index]!;
        if (known[index]!.prototype !== prototype) continue;
        try {
          test?.(value);
          return kind;
        } catch {
          return "object";
        }
      }
      prototype = prototypeOf(prototype);
    }
    return "object";
  };

  const inherited = (value: object, key: PropertyKey): unknown => {
    let holder: object | null = value;
    for (let depth = 0; holder !== null && depth < 100 && !isProxy(holder); depth++) {
      const property = describe(holder, key);
      if (property !== undefined) return hasOwn(property, "value") ? property.value : undefined;
      holder = prototypeOf(holder);
    }
    return undefined;
  };

  return {
    kindOf,
    className: (value) => {
      const prototype = prototypeOf(value);
      if (prototype === null || isProxy(prototype)) return "";
      const made = inherited(prototype, "constructor");
      const name = typeof made === "function" && !isProxy(made) ? dataOf(made, "name") : undefined;
      return typeof name === "string" ? realm.slice(name, 0, 100) : "";
    },
    inherited,
    mapSize,
    setSize,
    eachEntry: (value, visit) => {
      const iterator = entries(value);
      for (let step = nextEntry(iterator); !step.done && visit(step.value[0], step.value[1]); ) step = nextEntry(iterator);
    },
    eachMember: (value, visit) => {
      const iterator = members(value);
      for (let step = nextMember(iterator); !step.done && visit(step.value); ) step = nextMember(iterator);
    },
    time,
    pattern: (value) => {
      let text = `/${regexSource(value)}/`;
      for (let index = 0; index < flags.length; index++) if (flags[index]!.set(value)) text += flags[index]!.letter;
      return text;
    },
    source: (value) => source(value),
    typedLength,
    typedAt: (value, index) => (value as Uint8Array)[index]!,
    byteLength,
  };
}
