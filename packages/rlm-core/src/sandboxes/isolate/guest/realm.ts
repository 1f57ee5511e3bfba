/**
 * JavaScript's own functions as they were before any code of the model ran; it may replace them, we keep using these.
 * Guest code therefore never calls a method, iterates, spreads or destructures an array, or reads a property that may be missing.
 */
export interface Realm {
  global: typeof globalThis;
  Array: ArrayConstructor;
  Error: ErrorConstructor;
  EvalError: EvalErrorConstructor;
  Map: MapConstructor;
  Promise: PromiseConstructor;
  RangeError: RangeErrorConstructor;
  RegExp: RegExpConstructor;
  TypeError: TypeErrorConstructor;
  WeakSet: WeakSetConstructor;

  apply: typeof Reflect.apply;
  construct: typeof Reflect.construct;
  describe: typeof Reflect.getOwnPropertyDescriptor;
  freeze: typeof Object.freeze;
  hasOwn: typeof Object.hasOwn;
  is: typeof Object.is;
  isArray(value: unknown): value is unknown[];
  isInteger: typeof Number.isInteger;
  ownKeys: typeof Reflect.ownKeys;
  prototypeOf: typeof Reflect.getPrototypeOf;
  uncurry<This, Args extends unknown[], Result>(method: (this: This, ...args: Args) => Result): (self: This, ...args: Args) => Result;
  /** Defines a hidden property that code may replace. */
  hide(object: object, key: PropertyKey, value: unknown): void;
  /** Defines a hidden property for good. */
  fix(object: object, key: PropertyKey, value: unknown): void;
  /** Sets an element or property without setters of a prototype taking part. */
  put(object: object, key: PropertyKey, value: unknown): void;
  /** An array without prototype: index and length only, and no setter of the code's can see what is put in. */
  list<T>(): T[];
  /** Own data property, or undefined; never calls a getter. */
  dataOf(object: object, key: PropertyKey): unknown;

  parse(text: string): unknown;
  stringify(value: unknown): string | undefined;

  floor: typeof Math.floor;
  imul: typeof Math.imul;
  indexOf(text: string, part: string, from?: number): number;
  slice(text: string, from: number, to?: number): string;
  wellFormed(text: string): string;
  /** "1,234,567". */
  count(number: number): string;

  reject(reason: unknown): Promise<never>;
  then<T>(promise: Promise<T>, fulfilled: (value: T) => void, rejected: (reason: unknown) => void): void;
  mapDelete<K>(map: Map<K, unknown>, key: K): boolean;
  mapGet<K, V>(map: Map<K, V>, key: K): V | undefined;
  mapHas<K>(map: Map<K, unknown>, key: K): boolean;
  mapSet<K, V>(map: Map<K, V>, key: K, value: V): void;
  mapSize(map: Map<unknown, unknown>): number;
  weakAdd(set: WeakSet<object>, value: object): void;
  weakHas(set: WeakSet<object>, value: object): boolean;

  /** Makes an error whose stack begins at the caller of `above`. */
  errorAt<E extends Error>(kind: new (message: string) => E, message: string, above: Function): E;
  /** A new error with the stack that `origin` had, of which only lines in the model's blocks are kept. */
  failure(origin: Error, message: string): Error;
  /** The lines of an error's stack that lie in the model's blocks, each after a line break. */
  frames(error: object): string;
  /** The first line of an error's stack. */
  topFrame(error: object): string;
}

/** Runs first of all. */
export function captureRealm(): Realm {
  const { apply, construct, defineProperty, getOwnPropertyDescriptor: describe, getPrototypeOf: prototypeOf, ownKeys, setPrototypeOf } = Reflect;
  const { freeze, hasOwn, is } = Object;
  const { parse, stringify } = JSON;
  const PromiseHere = Promise;
  const ErrorHere = Error;
  const uncurry = Function.prototype.bind.bind(Function.prototype.call) as Realm["uncurry"];
  const captureStackTrace = Error.captureStackTrace;
  const slice = uncurry(String.prototype.slice);
  const indexOf = uncurry(String.prototype.indexOf);
  const rejectWith = Promise.reject;
  const promiseThen = uncurry(Promise.prototype.then) as (promise: unknown, fulfilled: unknown, rejected: unknown) => void;

  const define = (object: object, key: PropertyKey, value: unknown, writable: boolean, enumerable: boolean): void => {
    defineProperty(object, key, { __proto__: null, value, writable, configurable: writable, enumerable } as PropertyDescriptor);
  };

  // In this V8 `stack` is an accessor of each error, with one getter for all.
  const stackAccessor = describe(new Error(""), "stack");
  const readStack = stackAccessor?.get === undefined ? undefined : uncurry(stackAccessor.get as (this: object) => unknown);
  const stackOf = (error: object): string => {
    try {
      const own = describe(error, "stack");
      const stack = own !== undefined && hasOwn(own, "value") ? own.value : own !== undefined && own.get === stackAccessor?.get ? readStack?.(error) : "";
      return typeof stack === "string" ? slice(stack, 0, 20_000) : "";
    } catch {
      return "";
    }
  };

  const frames = (error: object): string => {
    const stack = stackOf(error);
    let kept = "";
    for (let start = indexOf(stack, "\n    at "); start >= 0; ) {
      const end = indexOf(stack, "\n", start + 1);
      const line = slice(stack, start, end < 0 ? undefined : end);
      if (indexOf(line, "block-") >= 0) kept += line;
      start = end < 0 ? -1 : indexOf(stack, "\n    at ", end);
    }
    return kept;
  };

  return {
    global: globalThis,
    Array,
    Error,
    EvalError,
    Map,
    Promise,
    RangeError,
    RegExp,
    TypeError,
    WeakSet,
    apply,
    construct,
    describe,
    freeze,
    hasOwn,
    is,
    isArray: Array.isArray,
    isInteger: Number.isInteger,
    ownKeys,
    prototypeOf,
    uncurry,
    hide: (object, key, value) => define(object, key, value, true, false),
    fix: (object, key, value) => define(object, key, value, false, false),
    put: (object, key, value) => define(object, key, value, true, true),
    list: <T>() => {
      const array: T[] = [];
      setPrototypeOf(array, null);
      return array;
    },
    dataOf: (object, key) => {
      const property = describe(object, key);
      return property !== undefined && hasOwn(property, "value") ? property.value : undefined;
    },
    parse,
    stringify,
    floor: Math.floor,
    imul: Math.imul,
    indexOf,
    slice,
    wellFormed: uncurry(String.prototype.toWellFormed),
    count: (number) => {
      let digits = `${number}`;
      let text = "";
      while (digits.length > 3) {
        text = `,${slice(digits, -3)}${text}`;
        digits = slice(digits, 0, -3);
      }
      return digits + text;
    },
    reject: (reason) => apply(rejectWith, PromiseHere, [reason]) as Promise<never>,
    then: promiseThen,
    mapDelete: uncurry(Map.prototype.delete) as Realm["mapDelete"],
    mapGet: uncurry(Map.prototype.get) as Realm["mapGet"],
    mapHas: uncurry(Map.prototype.has) as Realm["mapHas"],
    mapSet: uncurry(Map.prototype.set) as Realm["mapSet"],
    mapSize: uncurry(describe(Map.prototype, "size")?.get as (this: Map<unknown, unknown>) => number),
    weakAdd: uncurry(WeakSet.prototype.add),
    weakHas: uncurry(WeakSet.prototype.has),
    errorAt: (kind, message, above) => {
      const error = new kind(message);
      captureStackTrace(error, above);
      return error;
    },
    failure: (origin, message) => {
      const error = new ErrorHere(message);
      define(error, "stack", `Error: ${message}${frames(origin)}`, true, false);
      return error;
    },
    frames,
    topFrame: (error) => {
      const stack = stackOf(error);
      const start = indexOf(stack, "\n    at ");
      const end = start < 0 ? -1 : indexOf(stack, "\n", start + 1);
      return start < 0 ? "" : slice(stack, start, end < 0 ? undefined : end);
    },
  };
}
