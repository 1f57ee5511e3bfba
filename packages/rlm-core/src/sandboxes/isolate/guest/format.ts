import type { Kind, Kinds } from "./kinds.ts";
import type { Realm } from "./realm.ts";

export interface Format {
  /** As `print` shows it: a string as it is, all else readable, about `budget` characters at most. */
  show: (value: unknown, budget: number) => string;
  /** Name, message and the model's own lines of what was thrown. */
  thrown: (reason: unknown) => string;
  /** How objects of our own are shown; undefined for all others. */
  special: (show: (value: object) => string | undefined) => void;
}

/** Writes values as text. Bounded in depth, width and length; calls no code of the model's. */
export function createFormat(realm: Realm, kinds: Kinds): Format {
  const { slice, stringify, count, each, describe, hasOwn, ownKeys, dataOf, list, is } = realm;
  const maxDepth = 6;
  const maxItems = 100;
  const lineWidth = 100;
  const symbolText = realm.method(Symbol.prototype, "toString") as (value: symbol) => string;
  const bigText = realm.method(BigInt.prototype, "toString") as (value: bigint) => string;
  const isoDate = realm.method(Date.prototype, "toISOString") as (value: object) => string;
  const owners = list<(value: object) => string | undefined>();
  const own = (value: object): string | undefined => {
    let text: string | undefined;
    each(owners, (shown) => {
      text ??= shown(value);
    });
    return text;
  };
  // Looking into a text that was put together from parts copies all of it.
  const maxText = 100_000_000;
  const tooLong = (text: string): string =>
    `[a string of ${count(text.length)} characters, too long to show: print a slice of it]`;

  const quote = (text: string, budget: number): string => {
    const room = budget < 20 ? 20 : budget;
    if (text.length > maxText) return tooLong(text);
    return text.length <= room
      ? `${stringify(text)}`
      : `${stringify(slice(text, 0, room))}… (${count(text.length)} characters)`;
  };
  // Converting a huge one takes long and cannot be stopped.
  const bigint = (value: bigint): string =>
    value < 10n ** 60n && value > -(10n ** 60n) ? `${bigText(value)}n` : "[a bigint of more than 60 digits]";

  const primitive = (value: unknown, budget: number): string => {
    if (typeof value === "string") return quote(value, budget);
    if (typeof value === "symbol") return slice(symbolText(value), 0, 100);
    if (typeof value === "bigint") return bigint(value);
    return is(value, -0) ? "-0" : `${value as number | boolean | null | undefined}`;
  };

  const isIdentifier = (key: string): boolean => {
    if (key.length === 0 || key.length > 60) return false;
    for (let index = 0; index < key.length; index++) {
      const letter = key[index] as string;
      const plain =
        (letter >= "a" && letter <= "z") || (letter >= "A" && letter <= "Z") || letter === "_" || letter === "$";
      if (!plain && !(index > 0 && letter >= "0" && letter <= "9")) return false;
    }
    return true;
  };

  // Short parts on one line, a list of short ones filled into lines, all else a line each.
  const layout = (open: string, parts: string[], close: string, indent: string): string => {
    if (parts.length === 0) return open + close;
    let total = 0;
    let longest = 0;
    let broken = false;
    each(parts, (part) => {
      total += part.length + 2;
      if (part.length > longest) longest = part.length;
      if (realm.indexOf(part, "\n") >= 0) broken = true;
    });
    const space = open.length > 0 && open[open.length - 1] === "{" ? " " : "";
    const inner = `${indent}  `;
    const oneLine = !broken && total <= lineWidth;
    let text = open + (oneLine ? space : `\n${inner}`);
    let width = 0;
    each(parts, (part, index) => {
      if (index > 0) {
        const fits = oneLine || (!broken && longest <= 16 && width + part.length <= lineWidth);
        text += fits ? ", " : `,\n${inner}`;
        if (!fits) width = 0;
      }
      text += part;
      width += part.length + 2;
    });
    return text + (oneLine ? space : `\n${indent}`) + close;
  };

  // The objects that are being written, outermost first.
  const open = list<object>();

  const format = (value: unknown, room: { left: number }, depth: number, indent: string): string => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) {
      const text = primitive(value, room.left);
      room.left -= text.length;
      return text;
    }
    for (let index = 0; index < depth; index++) if (open[index] === value) return "[circular]";
    open[depth] = value;
    try {
      return formatObject(value, room, depth, indent);
    } catch {
      return "[unprintable]";
    }
  };

  /** What is shown without looking inside. */
  const wholeText = (value: object, kind: Kind, name: string): string | undefined => {
    if (kind === "proxy") return "[Proxy]";
    if (kind === "promise") return "[Promise: put `await` before it to get its value]";
    if (kind === "error") return errorText(value);
    if (kind === "regexp") return slice(kinds.pattern(value), 0, 1_000);
    if (kind === "arraybuffer") return `ArrayBuffer(${kinds.byteLength(value)})`;
    if (kind === "opaque") return `[${name || "iterator"}]`;
    if (kind === "date") return is(kinds.time(value), NaN) ? "Invalid Date" : isoDate(value);
    if (kind !== "function") return undefined;
    const called = dataOf(value, "name");
    const isClass = realm.indexOf(slice(kinds.source(value), 0, 6), "class") === 0;
    const label = typeof called === "string" && called !== "" ? ` ${slice(called, 0, 100)}` : "";
    return `[${isClass ? "class" : "function"}${label}]`;
  };

  const formatObject = (value: object, room: { left: number }, depth: number, indent: string): string => {
    const kind = kinds.kindOf(value);
    const name = kind === "proxy" ? "" : kinds.className(value);
    const inner = `${indent}  `;
    const parts = list<string>();
    const add = (text: string): void => {
      parts[parts.length] = text;
      room.left -= 2;
    };
    const full = (): boolean => room.left <= 0 || parts.length >= maxItems;
    const whole = wholeText(value, kind, name);
    if (whole !== undefined) return whole;
    if (depth >= maxDepth)
      return kind === "array" ? `[… ${count(dataOf(value, "length") as number)} elements]` : `[${name || "object"}]`;
    if (kind === "map") {
      const size = kinds.mapSize(value);
      kinds.eachEntry(value, (key, entry) => {
        if (full()) return false;
        add(`${format(key, room, depth + 1, inner)} => ${format(entry, room, depth + 1, inner)}`);
        return true;
      });
      if (parts.length < size) add(`… ${count(size - parts.length)} more`);
      return layout(`Map(${count(size)}) {`, parts, "}", indent);
    }
    if (kind === "set") {
      const size = kinds.setSize(value);
      kinds.eachMember(value, (member) => {
        if (full()) return false;
        add(format(member, room, depth + 1, inner));
        return true;
      });
      if (parts.length < size) add(`… ${count(size - parts.length)} more`);
      return layout(`Set(${count(size)}) {`, parts, "}", indent);
    }
    if (kind === "array" || kind === "typedarray") {
      const length = kind === "array" ? (dataOf(value, "length") as number) : kinds.typedLength(value);
      for (let index = 0; index < length && !full(); index++) add(element(value, index, room, depth, inner));
      if (parts.length < length) add(`… ${count(length - parts.length)} more`);
      return layout(kind === "array" ? "[" : `${name}(${count(length)}) [`, parts, "]", indent);
    }
    const keys = ownKeys(value);
    let shown = 0;
    for (; shown < keys.length && !full(); shown++) {
      const key = keys[shown] as string | symbol;
      const property = describe(value, key);
      if (property === undefined || !property.enumerable) continue;
      const label = typeof key === "symbol" ? `[${primitive(key, 100)}]` : isIdentifier(key) ? key : quote(key, 100);
      room.left -= label.length;
      add(`${label}: ${hasOwn(property, "value") ? format(property.value, room, depth + 1, inner) : "[getter]"}`);
    }
    if (shown < keys.length) add(`… ${count(keys.length - shown)} more`);
    return layout(name === "Object" || name === "" ? "{" : `${name} {`, parts, "}", indent);
  };

  const element = (value: object, index: number, room: { left: number }, depth: number, inner: string): string => {
    const property = describe(value, index);
    if (property === undefined) return "<empty>";
    return hasOwn(property, "value") ? format(property.value, room, depth + 1, inner) : "[getter]";
  };

  const errorText = (error: object): string => {
    const name = kinds.inherited(error, "name");
    const message = kinds.inherited(error, "message");
    const title = typeof name === "string" && name !== "" ? slice(name, 0, 200) : "Error";
    const text =
      typeof message === "string" && message !== "" ? `${title}: ${slice(show(message, 4_000), 0, 4_000)}` : title;
    return text + slice(realm.frames(error), 0, 3_000);
  };

  const show = (value: unknown, budget: number): string => {
    if (typeof value === "string") return value.length > maxText ? tooLong(value) : value;
    if (typeof value === "object" && value !== null) {
      const text = own(value);
      if (text !== undefined) return text;
    }
    return format(value, { left: budget }, 0, "");
  };

  return {
    show,
    thrown: (reason) => {
      if (typeof reason !== "object" || reason === null || kinds.kindOf(reason) !== "error")
        return `Thrown: ${slice(show(reason, 2_000), 0, 2_000)}`;
      let text = errorText(reason);
      let cause = dataOf(reason, "cause");
      for (
        let depth = 0;
        depth < 3 && typeof cause === "object" && cause !== null && kinds.kindOf(cause) === "error";
        depth++
      ) {
        text += `\nCaused by: ${errorText(cause)}`;
        cause = dataOf(cause, "cause");
      }
      const errors = dataOf(reason, "errors");
      if (typeof errors === "object" && errors !== null) text += `\nErrors: ${format(errors, { left: 2_000 }, 0, "")}`;
      return slice(text, 0, 10_000);
    },
    special: (showOwn) => {
      owners[owners.length] = showOwn;
    },
  };
}
