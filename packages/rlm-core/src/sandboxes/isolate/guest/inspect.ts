import type { GuestHost } from "./host.ts";
import type { Kinds } from "./kinds.ts";
import type { Realm } from "./realm.ts";
import type { Variables } from "./variables.ts";

/**
 * Hands the host every variable's value as one text to hash, and the list of variables as JSON. Equal texts mean equal
 * values, also where objects share parts or hold themselves. Calls no getter, trap or method of the code's.
 * Out of sight: variables inside of closures, private fields, targets of bound functions, the state of generators and
 * iterators, members of weak collections, whether and how a promise is settled.
 */
export function createInspect(realm: Realm, host: GuestHost, kinds: Kinds, variables: Variables, contexts: () => object[]): () => void {
  const { global, ownKeys, describe, hasOwn, prototypeOf, mapGet, mapSet, list, slice, stringify, uncurry, is } = realm;
  const chunkSize = 262_144;
  const hexadecimal = uncurry(BigInt.prototype.toString);
  const symbolText = uncurry(Symbol.prototype.toString);
  const fromCodes = String.fromCharCode;
  const bytesOf = (buffer: unknown): Uint8Array => new NativeBytes(buffer as ArrayBuffer);
  const NativeBytes = Uint8Array;

  // Where a walk stops: the objects that were there before the code.
  const intrinsics = new realm.Map<object, string>();
  const note = (value: unknown, name: string): void => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || mapGet(intrinsics, value) !== undefined) return;
    mapSet(intrinsics, value, name);
    const prototype = realm.dataOf(value, "prototype");
    if (typeof prototype === "object") note(prototype, `${name}.prototype`);
  };
  note(global, "globalThis");
  const keys = ownKeys(global);
  for (let index = 0; index < keys.length; index++) note(realm.dataOf(global, keys[index]!), `${keys[index] as string}`);
  const samples: [string, object][] = [
    ["async function", async function () {}],
    ["function*", function* () {}],
    ["async function*", async function* () {}],
    ["TypedArray", Uint8Array.prototype],
    ["Map iterator", new Map().entries()],
    ["Set iterator", new Set().values()],
    ["array iterator", [].values()],
    ["string iterator", ""[Symbol.iterator]()],
    ["generator", (function* () {})()],
  ];
  for (let index = 0; index < samples.length; index++) {
    for (let up = prototypeOf(samples[index]![1]), depth = 0; up !== null; up = prototypeOf(up)) note(up, `${samples[index]![0]} ${depth++}`);
  }

  return () => {
    const ids = new realm.Map<object, number>();
    const queue = list<object>();
    let text = "";
    const emit = (part: string): void => {
      text += part;
      if (text.length < chunkSize) return;
      host.digest(text);
      text = "";
    };
    const emitString = (tag: string, value: string): void => {
      emit(`${tag}${value.length}:`);
      for (let start = 0; start < value.length; start += chunkSize) emit(value.length <= chunkSize ? value : slice(value, start, start + chunkSize));
    };

    const emitValue = (value: unknown): void => {
      switch (typeof value) {
        case "string":
          return emitString("s", value);
        case "number":
          return emit(is(value, -0) ? "n-0;" : `n${value};`);
        case "bigint":
          return emit(`i${hexadecimal(value, 16)};`);
        case "symbol":
          return emitString("y", symbolText(value));
        case "boolean":
          return emit(value ? "t" : "f");
        case "undefined":
          return emit("u");
      }
      if (value === null) return emit("0");
      const known = mapGet(intrinsics, value as object);
      if (known !== undefined) return emit(`@${known};`);
      let id = mapGet(ids, value as object);
      if (id === undefined) {
        id = queue.length;
        mapSet(ids, value as object, id);
        queue[id] = value as object;
      }
      emit(`#${id};`);
    };

    const emitBytes = (bytes: Uint8Array, length: number): void => {
      for (let index = 0; index < length; index++) emit(fromCodes(bytes[index]!));
    };

    const emitProperties = (object: object): void => {
      const properties = ownKeys(object);
      for (let index = 0; index < properties.length; index++) {
        const key = properties[index]!;
        const property = describe(object, key)!;
        if (typeof key === "symbol") emitString("Y", symbolText(key));
        else emitString("k", key);
        if (!hasOwn(property, "value")) {
          emit("a");
          emitValue(property.get);
          emitValue(property.set);
        } else {
          if (!property.enumerable || !property.writable) emit("h");
          emitValue(property.value);
        }
      }
    };

    const emitObject = (object: object): void => {
      const kind = kinds.kindOf(object);
      emit(`{${kind};`);
      if (kind === "proxy") return;
      emitValue(prototypeOf(object));
      switch (kind) {
        case "function":
          emitString("c", kinds.source(object));
          break;
        case "date":
          emit(`${kinds.time(object)};`);
          break;
        case "regexp":
          emitString("r", kinds.pattern(object));
          break;
        case "map":
          kinds.eachEntry(object, (key, value) => {
            emitValue(key);
            emitValue(value);
            return true;
          });
          break;
        case "set":
          kinds.eachMember(object, (value) => {
            emitValue(value);
            return true;
          });
          break;
        case "arraybuffer":
          emitBytes(bytesOf(object), kinds.byteLength(object));
          return;
        case "typedarray": {
          const length = kinds.typedLength(object);
          emit(`${length};`);
          for (let index = 0; index < length; index++) emit(`${kinds.typedAt(object, index)},`);
          return;
        }
      }
      emitProperties(object);
      emit("}");
    };

    const names = variables.names();
    let listed = "";
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!;
      emitString("v", name);
      emitValue(variables.valueOf(name));
      listed += `${index === 0 ? "" : ","}${describeJson(name)}`;
    }
    const given = contexts();
    for (let index = 0; index < given.length; index++) emitValue(given[index]);
    for (let index = 0; index < queue.length; index++) emitObject(queue[index]!);
    host.digest(text);
    host.variables(`[${listed}]`);
  };

  function describeJson(name: string): string {
    const variable = variables.describe(name);
    // Written part by part, for a `toJSON` of the code's must not take part.
    return `{"name":${stringify(variable.name)},"type":${stringify(variable.type)},"size":${stringify(variable.size)},"preview":${stringify(variable.preview)}}`;
  }
}
