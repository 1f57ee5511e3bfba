import type { Realm } from "./realm.ts";

/** Tells a proxy apart from what it wraps, without a trap noticing. */
export type IsProxy = (value: object) => boolean;

/**
 * Takes out of the global object what a REPL for untrusted code must not have: code made from text, memory outside of the
 * heap limit, clocks and garbage collection that code can watch, and hooks into stack traces.
 */
export function harden(realm: Realm): IsProxy {
  const { global, fix, hide, prototypeOf, construct, dataOf } = realm;

  realm.each(["WebAssembly", "SharedArrayBuffer", "Atomics", "WeakRef", "FinalizationRegistry"], (name) => {
    Reflect.deleteProperty(global, name);
  });

  // Resizable buffers live outside of the isolate's memory limit (measured: 3 GB under a limit of 128 MB).
  const NativeBuffer = ArrayBuffer;
  const Buffer = function ArrayBuffer(length: number): object {
    if (!new.target) throw new realm.TypeError("Constructor ArrayBuffer requires 'new'");
    return construct(NativeBuffer, [length], new.target) as object;
  };
  fix(Buffer, "prototype", NativeBuffer.prototype);
  fix(Buffer, "isView", dataOf(NativeBuffer, "isView"));
  fix(NativeBuffer.prototype, "constructor", Buffer);
  hide(global, "ArrayBuffer", Buffer);
  realm.each(["resize", "transfer", "transferToFixedLength"], (name) => {
    Reflect.deleteProperty(NativeBuffer.prototype, name);
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
