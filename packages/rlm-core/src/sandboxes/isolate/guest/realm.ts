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
  Proxy: ProxyConstructor;
  RangeError: RangeErrorConstructor;
  RegExp: RegExpConstructor;
  TypeError: TypeErrorConstructor;
  WeakMap: WeakMapConstructor;
  WeakSet: WeakSetConstructor;

  apply: typeof Reflect.apply;
  construct: typeof Reflect.construct;
  describe: typeof Reflect.getOwnPropertyDescriptor;
  freeze: typeof Object.freeze;
  get: typeof Reflect.get;
  has: typeof Reflect.has;
  hasOwn: typeof Object.hasOwn;
  is: typeof Object.is;
  isArray: (value: unknown) => value is unknown[];
  isInteger: (value: unknown) => boolean;
  ownKeys: (object: object) => (string | symbol)[];
  prototypeOf: typeof Reflect.getPrototypeOf;
  /** A method as a function that takes its object first. */
  method: (prototype: object, key: PropertyKey) => unknown;
  /** An accessor's getter as a function of the object. */
  getter: (prototype: object, key: PropertyKey) => (object: object) => unknown;
  /** Defines a hidden property that code may replace. */
  hide: (object: object, key: PropertyKey, value: unknown) => void;
  /** Defines a hidden property for good. */
  fix: (object: object, key: PropertyKey, value: unknown) => void;
  /** Sets an element or property without setters of a prototype taking part. */
  put: (object: object, key: PropertyKey, value: unknown) => void;
  /** An array without prototype: index and length only, and no setter of the code's can see what is put in. */
  list: <T>() => T[];
  /** Makes such a list an array as the code knows them. */
  asArray: <T>(list: T[]) => T[];
  /** Visits elements in order, without an iterator. For lists of our own: it would call getters. */
  each: <T>(list: ArrayLike<T>, visit: (element: T, index: number) => void) => void;
  /** What an argument's own property holds; undefined if it has none, whatever its prototypes have. */
  argument: (given: object, key: PropertyKey) => unknown;
  /** Own data property, or undefined; never calls a getter. */
  dataOf: (object: object, key: PropertyKey) => unknown;

  /** The value of an expression, by its source text; never for a text of the code's. */
  evaluate: (source: string) => unknown;
  parse: (text: string) => unknown;
  stringify: (value: unknown) => string | undefined;

  floor: (number: number) => number;
  imul: (a: number, b: number) => number;
  indexOf: (text: string, part: string, from?: number) => number;
  slice: (text: string, from: number, to?: number) => string;
  wellFormed: (text: string) => string;
  /** The same text as a copy: a piece of a longer text keeps all of that in memory. */
  copied: <T extends string | undefined>(text: T) => T;
  /** "1,234,567". */
  count: (number: number) => string;

  reject: (reason: unknown) => Promise<never>;
  whenSettled: <T>(promise: Promise<T>, fulfilled: (value: T) => void, rejected: (reason: unknown) => void) => void;
  mapDelete: <K>(map: Map<K, unknown>, key: K) => boolean;
  mapGet: <K, V>(map: Map<K, V>, key: K) => V | undefined;
  mapHas: <K>(map: Map<K, unknown>, key: K) => boolean;
  mapSet: <K, V>(map: Map<K, V>, key: K, value: V) => void;
  mapSize: (map: Map<unknown, unknown>) => number;
  weakGet: <V>(map: WeakMap<object, V>, key: object) => V | undefined;
  weakPut: <V>(map: WeakMap<object, V>, key: object, value: V) => void;
  weakAdd: (set: WeakSet<object>, value: object) => void;
  weakHas: (set: WeakSet<object>, value: object) => boolean;

  /** Makes an error whose stack begins at the caller of `above`. */
  errorAt: <E extends Error>(kind: new (message: string) => E, message: string, above: Function) => E;
  /** A new error with the stack that `origin` had, of which only lines in the model's blocks are kept; with a `code` if that is not "". */
  failure: (origin: Error, message: string, code: string) => Error;
  /** The lines of an error's stack that lie in the model's blocks, each after a line break. */
  frames: (error: object) => string;
  /** The first line of an error's stack. */
  topFrame: (error: object) => string;
}

/** Runs first of all. */
export function captureRealm(): Realm {
  const {
    apply,
    construct,
    defineProperty,
    get,
    getOwnPropertyDescriptor: describe,
    getPrototypeOf: prototypeOf,
    has,
    ownKeys,
    setPrototypeOf,
  } = Reflect;
  const { freeze, hasOwn, is } = Object;
  const FunctionHere = Function;
  const parse = own(JSON, "parse") as Realm["parse"];
  const stringify = own(JSON, "stringify") as Realm["stringify"];
  const arrayPrototype = Array.prototype;
  const PromiseHere = Promise;
  const ErrorHere = Error;
  // `call` bound to a method: it takes the object first, and no lookup takes part when it is called.
  const uncurry = Function.prototype.bind.bind(own(Function.prototype, "call") as () => void) as (
    method: unknown,
  ) => unknown;
  const method: Realm["method"] = (prototype, key) => uncurry(own(prototype, key));
  const getter: Realm["getter"] = (prototype, key) =>
    uncurry(describe(prototype, key)?.get) as (object: object) => unknown;
  const captureStackTrace = own(Error, "captureStackTrace") as typeof Error.captureStackTrace;
  const rejectWith = own(Promise, "reject") as (reason: unknown) => Promise<never>;
  const slice = method(String.prototype, "slice") as Realm["slice"];
  const indexOf = method(String.prototype, "indexOf") as Realm["indexOf"];

  function own(object: object, key: PropertyKey): unknown {
    return describe(object, key)?.value;
  }

  const define = (object: object, key: PropertyKey, value: unknown, writable: boolean, enumerable: boolean): void => {
    defineProperty(object, key, {
      __proto__: null,
      value,
      writable,
      configurable: writable,
      enumerable,
    } as PropertyDescriptor);
  };

  const dataOf = (object: object, key: PropertyKey): unknown => {
    const property = describe(object, key);
    return property !== undefined && hasOwn(property, "value") ? property.value : undefined;
  };

  // In this V8 `stack` is an accessor of each error, with one getter for all.
  const sample = new Error("sample");
  const stackAccessor = describe(sample, "stack")?.get;
  const readStack = stackAccessor === undefined ? undefined : getter(sample, "stack");
  const stackOf = (error: object): string => {
    try {
      const stack = describe(error, "stack")?.get === stackAccessor ? readStack?.(error) : dataOf(error, "stack");
      return typeof stack === "string" ? slice(stack, -20_000) : "";
    } catch {
      return "";
    }
  };

  const frames = (error: object): string => {
    const stack = stackOf(error);
    let kept = "";
    for (let start = indexOf(stack, "\n    at "); start >= 0;) {
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
    Proxy,
    RangeError,
    RegExp,
    TypeError,
    WeakMap,
    WeakSet,
    apply,
    construct,
    describe,
    freeze,
    get,
    has,
    hasOwn,
    is,
    isArray: own(Array, "isArray") as Realm["isArray"],
    isInteger: own(Number, "isInteger") as Realm["isInteger"],
    ownKeys,
    prototypeOf,
    method,
    getter,
    hide: (object, key, value) => define(object, key, value, true, false),
    fix: (object, key, value) => define(object, key, value, false, false),
    put: (object, key, value) => define(object, key, value, true, true),
    list: <T>() => {
      const array: T[] = [];
      setPrototypeOf(array, null);
      return array;
    },
    asArray: (list) => {
      setPrototypeOf(list, arrayPrototype);
      return list;
    },
    each: (list, visit) => {
      const { length } = list;
      for (let index = 0; index < length; index++) visit(list[index] as Parameters<typeof visit>[0], index);
    },
    argument: (given, key) => (hasOwn(given, key) ? (given as Record<PropertyKey, unknown>)[key] : undefined),
    dataOf,
    evaluate: (source) =>
      apply(construct(FunctionHere, [`"use strict"; return (${source}\n);`]) as () => unknown, undefined, []),
    parse,
    stringify,
    floor: own(Math, "floor") as Realm["floor"],
    imul: own(Math, "imul") as Realm["imul"],
    indexOf,
    slice,
    // Of fewer characters V8 makes a copy by itself; a text that is put together anew it has to write out.
    copied: (text) => (text === undefined || text.length < 13 ? text : (slice(` ${text}`, 1) as typeof text)),
    wellFormed: method(String.prototype, "toWellFormed") as Realm["wellFormed"],
    count: (number) => {
      let digits = `${number}`;
      let text = "";
      while (digits.length > 3) {
        text = `,${slice(digits, -3)}${text}`;
        digits = slice(digits, 0, -3);
      }
      return digits + text;
    },
    reject: (reason) => apply<PromiseConstructor, [unknown], Promise<never>>(rejectWith, PromiseHere, [reason]),
    whenSettled: method(Promise.prototype, "then") as Realm["whenSettled"],
    mapDelete: method(Map.prototype, "delete") as Realm["mapDelete"],
    mapGet: method(Map.prototype, "get") as Realm["mapGet"],
    mapHas: method(Map.prototype, "has") as Realm["mapHas"],
    mapSet: method(Map.prototype, "set") as Realm["mapSet"],
    mapSize: getter(Map.prototype, "size") as Realm["mapSize"],
    weakGet: method(WeakMap.prototype, "get") as Realm["weakGet"],
    weakPut: method(WeakMap.prototype, "set") as Realm["weakPut"],
    weakAdd: method(WeakSet.prototype, "add") as Realm["weakAdd"],
    weakHas: method(WeakSet.prototype, "has") as Realm["weakHas"],
    errorAt: (kind, message, above) => {
      const error = new kind(message);
      captureStackTrace(error, above);
      return error;
    },
    failure: (origin, message, code) => {
      const error = new ErrorHere(message);
      define(error, "stack", `Error: ${message}${frames(origin)}`, true, false);
      if (code !== "") define(error, "code", code, true, true);
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
