import type { Realm } from "./realm.ts";

/** Tells a proxy apart from what it wraps, without a trap noticing. */
export type IsProxy = (value: object) => boolean;

/**
 * Takes out of the global object what a REPL for untrusted code must not have: code made from text, memory outside of the
 * heap limit, clocks and garbage collection that code can watch, and hooks into stack traces.
 */
export function harden(realm: Realm): IsProxy {
  const { global, fix, hide, prototypeOf, construct, dataOf } = realm;

  const missing = ["WebAssembly", "SharedArrayBuffer", "Atomics", "WeakRef", "FinalizationRegistry"];
  for (let index = 0; index < missing.length; index++) delete (global as Record<string, unknown>)[missing[index]!];

  // Resizable buffers live outside of the isolate's memory limit (measured: 3 GB under a limit of 128 MB).
  const NativeBuffer = ArrayBuffer;
  const Buffer = function ArrayBuffer(length: number): object {
    if (!new.target) throw new realm.TypeError("Constructor ArrayBuffer requires 'new'");
    return construct(NativeBuffer, [length], new.target) as object;
  };
  fix(Buffer, "prototype", NativeBuffer.prototype);
  fix(Buffer, "isView", NativeBuffer.isView);
  fix(NativeBuffer.prototype, "constructor", Buffer);
  hide(global, "ArrayBuffer", Buffer);
  for (const name of realm.ownKeys(NativeBuffer.prototype)) {
    if (name === "resize" || name === "transfer" || name === "transferToFixedLength") delete (NativeBuffer.prototype as unknown as Record<string, unknown>)[name];
  }

  const refuse = (): never => {
    throw new realm.EvalError("Text cannot be run as code in this REPL: write the code into the reply itself");
  };
  const noCode = (name: string, prototype: object): unknown => {
    const refusing = function (): never {
      return refuse();
    };
    fix(refusing, "name", name);
    fix(refusing, "prototype", prototype);
    fix(prototype, "constructor", refusing);
    return refusing;
  };
  const kinds = [
    { name: "Function", sample: function () {} },
    { name: "AsyncFunction", sample: async function () {} },
    { name: "GeneratorFunction", sample: function* () {} },
    { name: "AsyncGeneratorFunction", sample: async function* () {} },
  ];
  for (let index = 0; index < kinds.length; index++) {
    const { name, sample } = kinds[index]!;
    const refusing = noCode(name, prototypeOf(sample)!);
    if (name === "Function") hide(global, "Function", refusing);
  }
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
  const revocable = NativeProxy.revocable;
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
