import type { Realm } from "./realm.ts";

/** Tells a proxy apart from what it wraps, without a trap noticing. */
export type IsProxy = (value: object) => boolean;

/**
 * Takes out of the global object what a REPL for untrusted code must not have: code made from text, memory outside of the
 * heap limit, clocks and garbage collection that code can watch, and hooks into stack traces. `exhausted` is told when there is
 * no memory for a buffer.
 */
export function harden(realm: Realm, exhausted: () => void): IsProxy {
  const { global, fix, hide, prototypeOf, construct, dataOf, apply } = realm;

  realm.each(["WebAssembly", "SharedArrayBuffer", "Atomics", "WeakRef", "FinalizationRegistry"], (name) => {
    Reflect.deleteProperty(global, name);
  });

  // Code can catch this error, and where memory ends is not the same in a replay: so the block is over, whatever it does.
  const allocate = <T>(make: () => T): T => {
    try {
      return make();
    } catch (error) {
      const message = typeof error === "object" && error !== null ? dataOf(error, "message") : undefined;
      if (typeof message === "string" && realm.indexOf(message, "allocation failed") >= 0) exhausted();
      throw error;
    }
  };

  // Resizable buffers live outside of the isolate's memory limit (measured: 3 GB under a limit of 128 MB).
  const NativeBuffer = ArrayBuffer;
  const Buffer = function ArrayBuffer(length: number): object {
    if (!new.target) throw new realm.TypeError("Constructor ArrayBuffer requires 'new'");
    const target = new.target;
    return allocate(() => construct(NativeBuffer, [length], target) as object);
  };
  fix(Buffer, "prototype", NativeBuffer.prototype);
  // By it `slice` makes its result here too.
  fix(Buffer, Symbol.species, Buffer);
  fix(Buffer, "isView", dataOf(NativeBuffer, "isView"));
  fix(NativeBuffer.prototype, "constructor", Buffer);
  hide(global, "ArrayBuffer", Buffer);
  realm.each(["resize", "transfer", "transferToFixedLength"], (name) => {
    Reflect.deleteProperty(NativeBuffer.prototype, name);
  });

  const typedArrays = ["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32", "BigInt64", "BigUint64"];
  realm.each([...typedArrays, "Float16", "Float32", "Float64"], (element) => {
    const name = `${element}Array`;
    const Native = dataOf(global, name) as Uint8ArrayConstructor | undefined;
    if (Native === undefined) return;
    const Typed = function (...args: unknown[]): object {
      if (!new.target) throw new realm.TypeError(`Constructor ${name} requires 'new'`);
      const target = new.target;
      return allocate(() => construct(Native, args, target) as object);
    };
    Reflect.setPrototypeOf(Typed, prototypeOf(Native));
    fix(Typed, "name", name);
    fix(Typed, "length", 3);
    fix(Typed, "prototype", Native.prototype);
    fix(Typed, "BYTES_PER_ELEMENT", Native.BYTES_PER_ELEMENT);
    fix(Native.prototype, "constructor", Typed);
    hide(global, name, Typed);
  });
  // These ask no constructor that code can see.
  const typedPrototype = prototypeOf(Uint8Array.prototype) as object;
  realm.each(["toReversed", "toSorted", "with"], (name) => {
    const native = dataOf(typedPrototype, name) as (...args: unknown[]) => unknown;
    const method = function (this: unknown, ...args: unknown[]): unknown {
      return allocate(() => apply(native, this, args));
    };
    fix(method, "name", name);
    hide(typedPrototype, name, method);
  });

  const refuse = (): never => {
    throw new realm.EvalError("Text cannot be run as code in this REPL: write the code into the reply itself");
  };
  const noCode = (name: string, sample: unknown): unknown => {
    const prototype = prototypeOf(sample as object);
    const refusing = function (): never {
      return refuse();
    };
    fix(refusing, "name", name);
    fix(refusing, "prototype", prototype);
    fix(prototype as object, "constructor", refusing);
    return refusing;
  };
  hide(
    global,
    "Function",
    noCode("Function", () => {}),
  );
  noCode("AsyncFunction", async () => {});
  noCode("GeneratorFunction", function* () {});
  noCode("AsyncGeneratorFunction", async function* () {});
  fix(global, "eval", (): never => refuse());

  // A hook into stack traces would see our own functions.
  fix(Error, "prepareStackTrace", undefined);
  fix(Error, "stackTraceLimit", 30);
  // `then` looks these up to make its result; ours must not run the code's.
  fix(Promise.prototype, "constructor", Promise);
  fix(Promise, Symbol.species, Promise);

  // Every proxy is made here, so that printing and inspecting can leave them alone.
  const proxies = new WeakSet();
  const NativeProxy = Proxy;
  const revocable = dataOf(NativeProxy, "revocable") as (target: object, handler: object) => object;
  const remember = <T extends object>(proxy: T): T => {
    realm.weakAdd(proxies, proxy);
    return proxy;
  };
  const ProxyHere = function Proxy(target: object, handler: object): object {
    if (!new.target) throw new realm.TypeError("Constructor Proxy requires 'new'");
    return remember(construct(NativeProxy, [target, handler]) as object);
  };
  // Like the native one it has no prototype, so that no class can extend it.
  fix(ProxyHere, "prototype", undefined);
  hide(ProxyHere, "revocable", (target: object, handler: object): unknown => {
    const made = revocable(target, handler);
    remember(dataOf(made, "proxy") as object);
    return made;
  });
  hide(global, "Proxy", ProxyHere);
  return (value) => realm.weakHas(proxies, value);
}
