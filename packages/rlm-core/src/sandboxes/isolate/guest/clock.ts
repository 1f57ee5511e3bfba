import type { Realm } from "./realm.ts";

/**
 * Takes chance and time out of the REPL, so that a replay gives the same values: `Math.random` is seeded, and `Date` and
 * `Intl` read a clock that is set for each block and goes on by 1 ms with every 1,000 readings. Returns the setters of both.
 */
export function installClock(realm: Realm): {
  setClock: (milliseconds: number) => void;
  setSeed: (seed: number) => void;
} {
  const { global, hide, construct, apply, floor, imul, describe, dataOf } = realm;
  let base = 0;
  let readings = 0;
  const now = (): number => base + floor(readings++ / 1000);

  const NativeDate = Date;
  const toText = realm.method(NativeDate.prototype, "toString") as (date: unknown) => string;
  const DateHere = function Date(...parts: unknown[]): unknown {
    if (!new.target) return toText(construct(NativeDate, [now()]));
    return construct(NativeDate, parts.length > 0 ? parts : [now()], new.target);
  };
  realm.fix(DateHere, "prototype", NativeDate.prototype);
  hide(DateHere, "length", 7);
  hide(DateHere, "now", () => now());
  hide(DateHere, "parse", dataOf(NativeDate, "parse"));
  hide(DateHere, "UTC", dataOf(NativeDate, "UTC"));
  realm.fix(NativeDate.prototype, "constructor", DateHere);
  hide(global, "Date", DateHere);

  const formats = Intl.DateTimeFormat.prototype;
  const nativeFormat = describe(formats, "format")?.get as (
    this: Intl.DateTimeFormat,
  ) => (date?: Date | number) => string;
  Reflect.defineProperty(formats, "format", {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const format = apply(nativeFormat, this, []);
      return (date?: Date | number) => format(date === undefined ? now() : date);
    },
  });
  const toParts = dataOf(formats, "formatToParts") as Intl.DateTimeFormat["formatToParts"];
  hide(formats, "formatToParts", function (this: Intl.DateTimeFormat, date?: Date | number) {
    return apply(toParts, this, [date === undefined ? now() : date]);
  });
  const temporal = (global as unknown as { Temporal?: { Now?: unknown } }).Temporal;
  if (temporal !== undefined) delete temporal.Now;

  // mulberry32, public domain, by Tommy Ettinger.
  let state = 0;
  hide(Math, "random", function random() {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  });

  return {
    setClock: (milliseconds) => {
      base = milliseconds;
      readings = 0;
    },
    setSeed: (seed) => {
      state = seed | 0;
    },
  };
}
