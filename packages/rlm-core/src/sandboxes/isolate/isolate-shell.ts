import { setFlagsFromString } from "node:v8";
import ivm from "isolated-vm";
import type { Guest } from "./guest/boot.ts";
import type { GuestHost, GuestSettings } from "./guest/host.ts";
import { callbackNames, guestSource } from "./guest-source.ts";

/** An isolate with the guest's own code in it and nothing of a session: no context, no kit, no code of the model. */
export interface IsolateShell {
  isolate: ivm.Isolate;
  context: ivm.Context;
  /** The guest's entries; what they throw is nothing that the code could choose. */
  guest: { [Name in keyof Guest]: ivm.Reference };
  /** Collects garbage now. */
  collect: () => void;
  /** From now on the guest's calls go to this host; before, there are none. */
  attach(host: GuestHost): void;
}

let spare: { key: string; shell: IsolateShell } | undefined;

/** Makes a shell ahead, for whoever takes one of the same bound and settings. */
export function prepareShell(memoryLimit: number, settings: GuestSettings): void {
  spare = { key: keyOf(memoryLimit, settings), shell: createShell(memoryLimit, settings) };
}

/** The shell that was prepared, if it is the one, or a new one. `memoryLimit` in megabytes. */
export function takeShell(memoryLimit: number, settings: GuestSettings): IsolateShell {
  const prepared = spare;
  spare = undefined;
  if (prepared?.key === keyOf(memoryLimit, settings)) return prepared.shell;
  prepared?.shell.isolate.dispose();
  return createShell(memoryLimit, settings);
}

function keyOf(memoryLimit: number, settings: GuestSettings): string {
  return JSON.stringify([memoryLimit, settings]);
}

function createShell(memoryLimit: number, settings: GuestSettings): IsolateShell {
  const isolate = new ivm.Isolate({ memoryLimit });
  const context = isolate.createContextSync();
  const attached: { host?: GuestHost } = {};
  const callbacks = callbackNames.map((name) => {
    const call = (...args: unknown[]): unknown => {
      const answer = attached.host?.[name] as ((...args: unknown[]) => unknown) | undefined;
      return answer?.(...args);
    };
    return new ivm.Callback(call, { sync: true });
  });
  const booted = context.evalClosureSync(guestSource, [...callbacks, JSON.stringify(settings)], {
    filename: "rlm-guest.js",
    result: { reference: true },
  });
  const entry = (name: keyof Guest): ivm.Reference => booted.getSync(name, { reference: true });
  return {
    isolate,
    context,
    guest: {
      context: entry("context"),
      longText: entry("longText"),
      longRows: entry("longRows"),
      longObject: entry("longObject"),
      kit: entry("kit"),
      kitFunctions: entry("kitFunctions"),
      kitTool: entry("kitTool"),
      kitLibrary: entry("kitLibrary"),
      bind: entry("bind"),
      ready: entry("ready"),
      run: entry("run"),
      settle: entry("settle"),
      take: entry("take"),
      inspect: entry("inspect"),
    },
    collect: collector(isolate),
    attach(host) {
      attached.host = host;
    },
  };
}

/** The isolate's garbage collection; in a context of its own, for code must not reach it. */
function collector(isolate: ivm.Isolate): () => void {
  setFlagsFromString("--expose-gc");
  const context = isolate.createContextSync();
  setFlagsFromString("--no-expose-gc");
  const collect = context.global.getSync("gc", { reference: true });
  return () => collect.applySync(undefined, []);
}
