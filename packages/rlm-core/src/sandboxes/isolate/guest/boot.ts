import type { createAnswer } from "./answer.ts";
import type { installClock } from "./clock.ts";
import type { createFind } from "./find.ts";
import type { createFormat } from "./format.ts";
import type { harden } from "./harden.ts";
import type { GuestHost, GuestPart, GuestSettings } from "./host.ts";
import type { createInspect } from "./inspect.ts";
import type { createLongLists } from "./long-list.ts";
import type { createLongTexts } from "./long-text.ts";
import type { createKinds } from "./kinds.ts";
import type { createMailbox } from "./mailbox.ts";
import type { createMap } from "./map.ts";
import type { createPrinted } from "./output.ts";
import type { createQueries } from "./queries.ts";
import type { captureRealm } from "./realm.ts";
import type { createTextParts } from "./text-parts.ts";
import type { createTextPieces } from "./text-pieces.ts";
import type { createTextScan } from "./text-scan.ts";
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
  createTextScan: typeof createTextScan;
  createTextParts: typeof createTextParts;
  createTextPieces: typeof createTextPieces;
  createLongTexts: typeof createLongTexts;
  createLongLists: typeof createLongLists;
  createFind: typeof createFind;
  createMap: typeof createMap;
  createVariables: typeof createVariables;
  createInspect: typeof createInspect;
}

/** What the host enters the isolate by; out of reach of the code. */
export interface Guest {
  context: (name: string, kind: string, text: string) => void;
  /** A context that is read in parts. */
  longText: (name: string, length: number) => void;
  longRows: (name: string, length: number, count: number) => void;
  longObject: (name: string, length: number, keys: string) => void;
  kit: (name: string) => void;
  kitFunction: (kit: string, name: string, made: unknown) => void;
  /** All contexts and kits are there. */
  ready: (seed: number) => void;
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
  const { setClock, setSeed } = parts.installClock(realm);
  const kinds = parts.createKinds(realm, isProxy);
  const format = parts.createFormat(realm, kinds);
  const textParts = parts.createTextParts(realm, host.readContext);
  const scan = parts.createTextScan(realm);
  const longTexts = parts.createLongTexts(
    realm,
    kinds,
    format,
    textParts,
    scan,
    parts.createTextPieces,
    settings.answerChars,
  );
  const longLists = parts.createLongLists(realm, format, host);
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
    parts.createFind(realm, kinds, format, longTexts, longLists, () => context),
  );

  const texts = list<{ context: string; text: string }>();
  const lists = list<{ context: string; list: object; length: number }>();
  /** What a child gets by reference: what is read in parts, or the whole text of a context if it is long. */
  const contextPart = (value: unknown): GuestPart | undefined => {
    let found: GuestPart | undefined = longTexts.partOf(value);
    each(lists, ({ context, list: object, length }) => {
      if (object === value) found = { context, from: 0, length };
    });
    if (typeof value !== "string") return found;
    if (value.length > worthReference)
      each(texts, ({ context, text }) => {
        if (text.length === value.length && text === value) found ??= { context, from: 0, length: value.length };
      });
    return found;
  };
  const worthReference = 10_000;
  const queries = parts.createQueries(realm, host, mailbox, settings, longTexts, contextPart);
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

  const give = (name: string, value: unknown): void => {
    if (typeof value === "object" && value !== null) contexts[contexts.length] = value;
    if (typeof value === "string") texts[texts.length] = { context: name, text: value };
    put(named, name, value);
    names[names.length] = name;
    reserve(name, value);
  };

  const giveList = (name: string, length: number, made: object): void => {
    lists[lists.length] = { context: name, list: made, length };
    give(name, made);
  };

  return {
    context: (name, kind, text) => give(name, kind === "string" ? text : realm.parse(text)),
    longText: (name, length) => give(name, longTexts.create(textParts.part(name, 0, length))),
    longRows: (name, length, count) => giveList(name, length, longLists.rows(name, count)),
    longObject: (name, length, keys) => giveList(name, length, longLists.members(name, keys)),
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
    ready: (seed) => {
      setSeed(seed);
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
      variables = parts.createVariables(realm, kinds, format, longTexts);
      inspect = parts.createInspect(realm, host, kinds, longTexts, longLists, variables, () => contexts);
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
    inspect: () => longLists.unseen(inspect),
  };
}
