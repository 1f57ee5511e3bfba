import type { GuestHost } from "./host.ts";
import type { Kinds } from "./kinds.ts";
import type { LongLists } from "./long-list.ts";
import type { LongTexts } from "./long-text.ts";
import type { Realm } from "./realm.ts";
import type { Variables } from "./variables.ts";

/**
 * Hands the host the list of variables as JSON and, if `hashed`, every variable's value as one text to hash. Equal texts mean
 * equal values, also where objects share parts or hold themselves. Calls no getter, trap or method of the code's.
 * Out of sight: variables inside of closures, private fields, targets of bound functions, the state of generators and
 * iterators, members of weak collections, whether and how a promise is settled.
 */
export function createInspect(
  realm: Realm,
  host: GuestHost,
  kinds: Kinds,
  longTexts: LongTexts,
  longLists: LongLists,
  variables: Variables,
  contexts: () => object[],
): (hashed: boolean) => void {
  const { global, each, ownKeys, describe, hasOwn, prototypeOf, mapGet, mapSet, list, slice, stringify, is } = realm;
  const chunkSize = 262_144;
  // All count for the hash; more than these are of no use to a reader.
  const maxListed = 10_000;
  const digits = realm.method(BigInt.prototype, "toString") as (value: bigint, base: number) => string;
  const symbolText = realm.method(Symbol.prototype, "toString") as (value: symbol) => string;
  const fromCode = realm.dataOf(String, "fromCharCode") as (code: number) => string;
  const Bytes = Uint8Array;
  const views = prototypeOf(Uint8Array.prototype) as object;
  const bufferOf = realm.getter(views, "buffer");
  const offsetOf = realm.getter(views, "byteOffset") as (view: object) => number;

  // Where a walk stops: the objects that were there before the code.
  const intrinsics = list<{ object: object; name: string }>();
  const noted = new realm.Map<object, boolean>();
  const note = (value: unknown, name: string): void => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || mapGet(noted, value)) return;
    mapSet(noted, value, true);
    intrinsics[intrinsics.length] = { object: value, name };
    const prototype = realm.dataOf(value, "prototype");
    if (typeof prototype === "object") note(prototype, `${name}.prototype`);
  };
  note(global, "globalThis");
  each(ownKeys(global), (key) => note(realm.dataOf(global, key), typeof key === "string" ? key : symbolText(key)));
  const samples = [
    { name: "async function", sample: async () => {} },
    { name: "function*", sample: Object.getPrototypeOf(function* () {}) as object },
    { name: "async function*", sample: Object.getPrototypeOf(async function* () {}) as object },
    { name: "TypedArray", sample: Uint8Array.prototype },
    { name: "Map iterator", sample: new Map().entries() },
    { name: "Set iterator", sample: new Set().values() },
    { name: "array iterator", sample: [].values() },
    { name: "string iterator", sample: ""[Symbol.iterator]() },
    { name: "generator", sample: (function* () {})() },
  ];
  each(samples, ({ name, sample }) => {
    for (let up = prototypeOf(sample), depth = 0; up !== null; up = prototypeOf(up)) note(up, `${name} ${depth++}`);
  });

  const hash = (names: string[]): void => {
    // A name for what was there before the code, a number for what is met on the way.
    const ids = new realm.Map<object, string>();
    each(intrinsics, ({ object, name }) => mapSet(ids, object, `@${name};`));
    const queue = list<object>();
    let text = "";
    const emit = (part: string): void => {
      text += part;
      if (text.length < chunkSize) return;
      host.digest(text);
      text = "";
    };
    const emitString = (tag: string, value: string): void => {
      if (value.length <= chunkSize) return emit(`${tag}${value.length}:${value}`);
      emit(`${tag}${value.length}:`);
      for (let start = 0; start < value.length; start += chunkSize) emit(slice(value, start, start + chunkSize));
    };

    const emitValue = (value: unknown): void => {
      if (typeof value === "string") return emitString("s", value);
      if (typeof value === "number") return emit(is(value, -0) ? "n-0;" : `n${value};`);
      if (typeof value === "bigint") return emit(`i${digits(value, 16)};`);
      if (typeof value === "symbol") return emitString("y", symbolText(value));
      if ((typeof value !== "object" && typeof value !== "function") || value === null) {
        return emit(`${value as boolean | null | undefined};`);
      }
      const part = longTexts.partOf(value);
      if (part !== undefined) return emitString("L", `${part.from} ${part.length} ${part.context}`);
      const context = longLists.nameOf(value);
      if (context !== undefined) return emitString("R", context);
      let id = mapGet(ids, value);
      if (id === undefined) {
        id = `#${queue.length};`;
        mapSet(ids, value, id);
        queue[queue.length] = value;
      }
      emit(id);
    };

    const emitBytes = (buffer: object, length: number): void => {
      const bytes = new Bytes(buffer as ArrayBuffer);
      let part = "";
      for (let index = 0; index < length; index++) {
        part += fromCode(bytes[index] as number);
        if (part.length < chunkSize) continue;
        emit(part);
        part = "";
      }
      emit(`${part};`);
    };

    const emitProperty = (object: object, key: PropertyKey): void => {
      const property = describe(object, key) as PropertyDescriptor;
      if (!hasOwn(property, "value")) {
        emit("a");
        emitValue(realm.dataOf(property, "get"));
        emitValue(realm.dataOf(property, "set"));
      } else {
        if (!property.enumerable || !property.writable) emit("h");
        emitValue(property.value);
      }
    };

    const emitProperties = (object: object, isArray: boolean): void => {
      const keys = ownKeys(object);
      const length = isArray ? (realm.dataOf(object, "length") as number) : 0;
      // Numbers come first: if `length` follows as many of them, no element is missing and none has to be named.
      const dense = length > 0 && keys[length] === "length" ? length : 0;
      for (let index = 0; index < dense; index++) emitProperty(object, index);
      for (let index = dense; index < keys.length; index++) {
        const key = keys[index] as string | symbol;
        if (typeof key === "symbol") emitString("Y", symbolText(key));
        else emitString("k", key);
        emitProperty(object, key);
      }
    };

    const emitObject = (object: object): void => {
      const kind = kinds.kindOf(object);
      emit(`{${kind};`);
      if (kind === "proxy") return;
      emitValue(prototypeOf(object));
      if (kind === "function") emitString("c", kinds.source(object));
      else if (kind === "date") emit(`${kinds.time(object)};`);
      else if (kind === "regexp") emitString("r", kinds.pattern(object));
      else if (kind === "arraybuffer") emitBytes(object, kinds.byteLength(object));
      else if (kind === "map") {
        kinds.eachEntry(object, (key, value) => {
          emitValue(key);
          emitValue(value);
          return true;
        });
      } else if (kind === "set") {
        kinds.eachMember(object, (value) => {
          emitValue(value);
          return true;
        });
      } else if (kind === "typedarray") {
        // A view: what it shows is in its buffer, which others may share.
        emitValue(bufferOf(object));
        return emit(`${offsetOf(object)},${kinds.typedLength(object)}}`);
      }
      emitProperties(object, kind === "array");
      emit("}");
    };

    each(names, (name) => {
      emitString("v", name);
      emitValue(variables.valueOf(name));
    });
    each(contexts(), emitValue);
    // It grows while objects are met.
    for (let index = 0; index < queue.length; index++) emitObject(queue[index] as object);
    host.digest(text);
  };

  return (hashed) => {
    const names = variables.names();
    if (hashed) hash(names);
    let listed = "";
    each(names, (name, index) => {
      if (index < maxListed) listed += `${index === 0 ? "" : ","}${describeJson(name)}`;
    });
    host.variables(`[${listed}]`);
  };

  function describeJson(name: string): string {
    const variable = variables.describe(name);
    // Written part by part, for a `toJSON` of the code's must not take part.
    return `{"name":${stringify(slice(variable.name, 0, 200))},"type":${stringify(variable.type)},"size":${stringify(variable.size)},"preview":${stringify(variable.preview)}}`;
  }
}
