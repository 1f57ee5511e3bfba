import type { createAnswer } from "./answer.ts";
import type { installClock } from "./clock.ts";
import type { createFind } from "./find.ts";
import type { createFormat } from "./format.ts";
import type { harden } from "./harden.ts";
import type { GuestHost, GuestSettings } from "./host.ts";
import type { createInspect } from "./inspect.ts";
import type { createKinds } from "./kinds.ts";
import type { createMailbox } from "./mailbox.ts";
import type { createMap } from "./map.ts";
import type { createPrinted } from "./output.ts";
import type { createQueries } from "./queries.ts";
import type { captureRealm } from "./realm.ts";
import type { createVariables } from "./variables.ts";

/** The guest's parts: functions that are whole in themselves, since each is carried into the isolate as its source text. */
export interface Parts {
  captureRealm: typeof captureRealm;
  harden: typeof harden;
  installClock: typeof installClock;
  createKinds: typeof createKinds;
  createFormat: typeof createFormat;
  createPrinted: typeof createPrinted;
  createMailbox: typeof createMailbox;
  createQueries: typeof createQueries;
  createAnswer: typeof createAnswer;
  createFind: typeof createFind;
  createMap: typeof createMap;
  createVariables: typeof createVariables;
  createInspect: typeof createInspect;
}

/** What the host enters the isolate by; out of reach of the code. */
export interface Guest {
  context: (name: string, kind: string, text: string) => void;
  kit: (name: string) => void;
  kitFunction: (kit: string, name: string, made: unknown) => void;
  /** All contexts and kits are there. */
  ready: () => void;
  run: (block: number, clock: number, names: string, main: () => Promise<unknown>) => void;
  settle: (id: number, ok: number, text: string, json: number) => void;
  /** Hands over what was printed. */
  take: () => void;
  inspect: () => void;
}

/** Builds the REPL's surface. Nothing that the code can reach leads back to `host` or to what this returns. */
export function boot(parts: Parts, host: GuestHost, settings: GuestSettings): Guest {
  const realm = parts.captureRealm();
  const isProxy = parts.harden(realm, host.exhausted);
  const setClock = parts.installClock(realm, settings.seed);
  const kinds = parts.createKinds(realm, isProxy);
  const format = parts.createFormat(realm, kinds);
  const printed = parts.createPrinted(realm, settings.outputChars);
  const { global, each, list, apply, fix, freeze, put } = realm;

  let calledBefore = 0;
  const answer = parts.createAnswer(
    realm,
    host,
    kinds,
    format,
    settings,
    () => printed.chars() === 0 && mailbox.made() === calledBefore,
  );
  const mailbox = parts.createMailbox(realm, host, answer.closed);

  /** A name of ours: reading gives the value, assigning is an error that says why. */
  const reserve = (name: string, value: unknown): void => {
    const refuse = (): never => {
      throw realm.errorAt(
        realm.TypeError,
        `"${name}" is reserved by the REPL and cannot be assigned: choose another name`,
        refuse,
      );
    };
    Reflect.defineProperty(global, name, { get: () => value, set: refuse, enumerable: true, configurable: false });
  };

  const print = (...values: unknown[]): void => {
    if (answer.given()) return;
    each(values, (value, index) => {
      if (index > 0) printed.write(" ");
      printed.write(format.show(value, settings.outputChars));
    });
    printed.write("\n");
  };
  reserve("print", print);
  const console: Record<string, unknown> = {};
  each(["log", "info", "warn", "error", "debug", "dir", "table", "trace"], (level) => put(console, level, print));
  reserve("console", freeze(console));
  reserve("FINAL", answer.final);

  let context: unknown;
  const contexts = list<object>();
  reserve(
    "find",
    parts.createFind(realm, kinds, format, () => context),
  );

  const queries = parts.createQueries(realm, host, mailbox, settings);
  if (settings.queries) {
    reserve("llm_query", freeze(queries.llm_query));
    reserve("llm_query_batched", freeze(queries.llm_query_batched));
    reserve("rlm_query", freeze(queries.rlm_query));
    reserve("rlm_query_batched", freeze(queries.rlm_query_batched));
    reserve("llm_map", freeze(parts.createMap(realm, host, mailbox, settings)));
  }
  if (settings.tools.length > 0) {
    const tools = {};
    each(settings.tools, (name) => put(tools, name, freeze(queries.tool(name))));
    reserve("tools", freeze(tools));
  }

  const kits = new realm.Map<string, object>();
  const named: Record<string, unknown> = {};
  const names = list<string>();
  let variables: ReturnType<Parts["createVariables"]>;
  let inspect: () => void;
  // At the end of an entry isolated-vm reads message and stack of the first rejection that nobody handled, outside of the
  // entry's timeout; getters of the code's would run there. So the first one is ours, kept alive until the next entry.
  const kept: { decoy: unknown } = { decoy: undefined };
  const shield = (): void => {
    kept.decoy = realm.reject(0);
  };

  return {
    context: (name, kind, text) => {
      const value = kind === "string" ? text : realm.parse(text);
      if (typeof value === "object" && value !== null) contexts[contexts.length] = value;
      put(named, name, value);
      names[names.length] = name;
      reserve(name, value);
    },
    kit: (name) => {
      const kit = {};
      kits.set(name, kit);
      reserve(name, kit);
    },
    kitFunction: (kitName, name, made) => {
      const kit = kits.get(kitName) as object;
      // A method comes as the one member of an object.
      const run = (typeof made === "function" ? made : Object.values(made as object)[0]) as Function;
      const bound = (...args: unknown[]): unknown => apply(run, kit, args);
      fix(bound, "name", name);
      put(kit, name, freeze(bound));
    },
    ready: () => {
      kits.forEach((kit) => freeze(kit));
      const has = realm.hasOwn(named, "context");
      context = has ? named["context"] : names.length === 1 ? named[names[0] as string] : named;
      if (!has) reserve("context", context);
      const SHOW_VARS = (): string => {
        const all = variables.names();
        if (all.length === 0) print("no variables yet");
        each(all, (variable) => {
          const { name, type, size } = variables.describe(variable);
          print(`${name}: ${type}${size === "" ? "" : `, ${size}`}`);
        });
        return "";
      };
      reserve("SHOW_VARS", SHOW_VARS);
      variables = parts.createVariables(realm, kinds, format);
      inspect = parts.createInspect(realm, host, kinds, variables, () => contexts);
    },
    run: (block, clock, declared, main) => {
      shield();
      setClock(clock);
      const fixed = variables.declare(declared);
      if (fixed !== "") {
        return host.ended(
          block,
          "thrown",
          `TypeError: "${fixed}" cannot be declared: code has made it a property of globalThis that cannot be changed; choose another name`,
        );
      }
      answer.begin();
      calledBefore = mailbox.made();
      const over = (problem: "" | "thrown" | "answer", message: string): void => {
        const open = mailbox.pending();
        if (problem === "" && open > 0 && !answer.given()) {
          const calls = open === 1 ? "1 call was" : `${realm.count(open)} calls were`;
          printed.write(
            `[${calls} not awaited: the code ended first, and the block waited. Put await before a call to use its result.]\n`,
          );
        }
        host.ended(block, problem, message);
      };
      realm.whenSettled(
        apply(main, undefined, []),
        (value) => {
          if (value !== undefined && value !== "") print(value);
          over("", "");
        },
        (reason) => {
          if (answer.isEnd(reason)) over("", "");
          else over(answer.isRefusal(reason) ? "answer" : "thrown", format.thrown(reason));
        },
      );
    },
    settle: (id, ok, text, json) => {
      shield();
      mailbox.settle(id, ok, text, json);
    },
    take: () => {
      if (answer.given()) mailbox.abandon();
      printed.take(host.printed);
    },
    inspect: () => inspect(),
  };
}
