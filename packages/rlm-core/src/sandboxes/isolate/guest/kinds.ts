import type { IsProxy } from "./harden.ts";
import type { Realm } from "./realm.ts";

/** What an object is, found without calling a getter, a proxy's trap or a method of the code's. */
export type Kind =
  | "array"
  | "arraybuffer"
  | "date"
  | "error"
  | "function"
  | "map"
  | "object"
  | "opaque"
  | "promise"
  | "proxy"
  | "regexp"
  | "set"
  | "typedarray";

export interface Kinds {
  kindOf: (value: object) => Kind;
  /** Name of the class, "" without prototype. */
  className: (value: object) => string;
  /** A data property of the object or its prototypes. */
  inherited: (value: object, key: PropertyKey) => unknown;
  mapSize: (value: object) => number;
  setSize: (value: object) => number;
  /** Calls `visit` until it returns false. */
  eachEntry: (value: object, visit: (key: unknown, value: unknown) => boolean) => void;
  eachMember: (value: object, visit: (value: unknown) => boolean) => void;
  time: (value: object) => number;
  /** "/source/flags". */
  pattern: (value: object) => string;
  source: (value: object) => string;
  typedLength: (value: object) => number;
  byteLength: (value: object) => number;
}

interface Known {
  prototype: object;
  kind: Kind;
  test?: (value: object) => unknown;
}

export function createKinds(realm: Realm, isProxy: IsProxy): Kinds {
  const { method, getter, describe, prototypeOf, isArray, dataOf, hasOwn } = realm;

  const typedPrototype = prototypeOf(Uint8Array.prototype) as object;
  const mapSize = getter(Map.prototype, "size") as (value: object) => number;
  const setSize = getter(Set.prototype, "size") as (value: object) => number;
  const time = method(Date.prototype, "getTime") as (value: object) => number;
  const source = method(Function.prototype, "toString") as (value: object) => string;
  const regexSource = getter(RegExp.prototype, "source") as (value: object) => string;
  const typedLength = getter(typedPrototype, "length") as (value: object) => number;
  const byteLength = getter(ArrayBuffer.prototype, "byteLength") as (value: object) => number;
  // The getter `flags` asks the object for each of these, which code can replace; these read the inside.
  const flags = [
    { letter: "d", set: getter(RegExp.prototype, "hasIndices") },
    { letter: "g", set: getter(RegExp.prototype, "global") },
    { letter: "i", set: getter(RegExp.prototype, "ignoreCase") },
    { letter: "m", set: getter(RegExp.prototype, "multiline") },
    { letter: "s", set: getter(RegExp.prototype, "dotAll") },
    { letter: "u", set: getter(RegExp.prototype, "unicode") },
    { letter: "v", set: getter(RegExp.prototype, "unicodeSets") },
    { letter: "y", set: getter(RegExp.prototype, "sticky") },
  ];
  const entries = method(Map.prototype, "entries") as (value: object) => object;
  const members = method(Set.prototype, "values") as (value: object) => object;
  const nextEntry = method(prototypeOf(new Map().entries()) as object, "next") as (iterator: object) => {
    done: boolean;
    value: [unknown, unknown];
  };
  const nextMember = method(prototypeOf(new Set().values()) as object, "next") as (iterator: object) => {
    done: boolean;
    value: unknown;
  };

  // Each known prototype with a test that only a real one passes.
  const known: Known[] = [
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

  const passes = ({ test }: Known, value: object): boolean => {
    try {
      test?.(value);
      return true;
    } catch {
      return false;
    }
  };

  const kindOf = (value: object): Kind => {
    if (isProxy(value)) return "proxy";
    if (typeof value === "function") return "function";
    if (isArray(value)) return "array";
    let prototype = prototypeOf(value);
    if (prototype === objectPrototype || prototype === null) return "object";
    if (isError?.(value)) return "error";
    for (let depth = 0; prototype !== null && depth < 100 && !isProxy(prototype); depth++) {
      for (let index = 0; index < known.length; index++) {
        const candidate = known[index] as Known;
        if (candidate.prototype === prototype) return passes(candidate, value) ? candidate.kind : "object";
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
      for (let step = nextEntry(iterator); !step.done && visit(step.value[0], step.value[1]);)
        step = nextEntry(iterator);
    },
    eachMember: (value, visit) => {
      const iterator = members(value);
      for (let step = nextMember(iterator); !step.done && visit(step.value);) step = nextMember(iterator);
    },
    time,
    pattern: (value) => {
      let text = `/${regexSource(value)}/`;
      realm.each(flags, ({ letter, set }) => {
        if (set(value)) text += letter;
      });
      return text;
    },
    source: (value) => source(value),
    typedLength,
    byteLength,
  };
}
