import type { createAnswer } from "./answer.ts";
import type { installClock } from "./clock.ts";
import type { createEachString } from "./each-string.ts";
import type { createEvidence } from "./evidence.ts";
import type { createFind } from "./find.ts";
import type { createFormat } from "./format.ts";
import type { harden } from "./harden.ts";
import type { GuestHost, GuestPart, GuestSettings } from "./host.ts";
import type { createInspect } from "./inspect.ts";
import type { createLocate, LocateSource, Place } from "./locate.ts";
import type { createLongLists } from "./long-list.ts";
import type { createLongTexts } from "./long-text.ts";
import type { createKinds } from "./kinds.ts";
import type { createKits } from "./kits.ts";
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
  createKits: typeof createKits;
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
  createEachString: typeof createEachString;
  createFind: typeof createFind;
  createLocate: typeof createLocate;
  createEvidence: typeof createEvidence;
  createMap: typeof createMap;
  createVariables: typeof createVariables;
  createInspect: typeof createInspect;
}

/** What the host enters the isolate by; out of reach of the code. */
export interface Guest {
  /** A context: what tells it from all others, its name, and the run that brings it. */
  context: (key: string, name: string, run: number, kind: string, text: string) => void;
  /** A context that is read in parts. */
  longText: (key: string, name: string, run: number, length: number) => void;
  longRows: (key: string, name: string, run: number, length: number, count: number) => void;
  longObject: (key: string, name: string, run: number, length: number, keys: string) => void;
  /** A run begins, the first one too: contexts get these names (JSON of bindings). Returns the first of their own that cannot be had, or "". */
  bind: (run: number, bindings: string, hasResponseFormat: number, cites: number) => string;
  kit: (name: string) => void;
  kitFunctions: (kit: string, made: object) => void;
  kitTool: (kit: string, name: string) => void;
  kitLibrary: (kit: string, name: string, hash: string) => void;
  /** All contexts and kits are there, and those of the first run have their names. */
  ready: (seed: number) => void;
  run: (block: number, clock: number, names: string, main: () => Promise<unknown>) => void;
  settle: (id: number, ok: number, text: string, json: number) => void;
  /** Hands over what was printed. */
  take: () => void;
  /** Hands over the variables; what hashes their values only if it is not 0. */
  inspect: (hashed: number) => void;
}

/** A context as it was given; `list`: the characters of one that is rows or members read in parts. */
interface Given {
  key: string;
  name: string;
  run: number;
  value: unknown;
  list?: number;
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
  const { global, each, list, apply, freeze, put, mapSet } = realm;

  let calledBefore = 0;
  const answer = parts.createAnswer(
    realm,
    host,
    kinds,
    format,
    settings,
    (given) => evidence(given),
    () => printed.chars() === 0 && mailbox.made() === calledBefore,
  );
  const mailbox = parts.createMailbox(realm, host, answer.closed);

  const { defineProperty } = Reflect;
  /** A name of ours: reading gives the value, assigning is an error that says why. False where code has fixed that name. */
  const reserveBy = (name: string, get: () => unknown): boolean => {
    const refuse = (): never => {
      throw realm.errorAt(
        realm.TypeError,
        `"${name}" is reserved by the REPL and cannot be assigned: choose another name`,
        refuse,
      );
    };
    const accessor = { __proto__: null, get, set: refuse, enumerable: true, configurable: false };
    return defineProperty(global, name, accessor as PropertyDescriptor);
  };
  const reserve = (name: string, value: unknown): void => {
    reserveBy(name, () => value);
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

  /** What the names of contexts stand for: another thing from run to run. */
  const bound = new realm.Map<string, { value: unknown }>();
  /**
   * A name for a context; false where code has fixed it. One that a script declared can get no accessor any more: it gets
   * the value itself, which stays its own name's to change from run to run.
   */
  const bindName = (name: string, value: unknown, own: boolean): boolean => {
    const known = realm.mapGet(bound, name);
    if (known !== undefined) {
      known.value = value;
      return true;
    }
    const cell = { value };
    if (reserveBy(name, () => cell.value)) {
      mapSet(bound, name, cell);
      return true;
    }
    return defineProperty(global, name, { __proto__: null, value, writable: own } as PropertyDescriptor);
  };
  const newest = (): unknown => realm.mapGet(bound, "context")?.value;
  const eachString = parts.createEachString(realm, kinds, longTexts, longLists);
  const find = parts.createFind(realm, kinds, format, longTexts, eachString, newest);
  reserve("find", find);
  /** What a citation may name. */
  let sources = list<LocateSource>();
  const locate = parts.createLocate(realm, host, kinds, scan, longTexts, longLists, eachString);
  const evidence = parts.createEvidence(realm, kinds, format, locate, () => sources);
  const locateQuote = (quote: unknown, within?: unknown): Place | undefined => {
    if (typeof quote !== "string")
      throw realm.errorAt(realm.TypeError, `Expected a quote to be a string, got ${typeof quote}`, locateQuote);
    let wanted = sources;
    if (within !== undefined) {
      let name: string | undefined;
      each(sources, (source) => {
        if (source.value === within) name ??= source.name;
      });
      wanted = list<LocateSource>();
      wanted[0] = { name, value: within };
    }
    const place = locate.place(quote, wanted);
    return typeof place === "string" ? undefined : place;
  };

  /** Of all runs; what the code has not come to yet it must not notice, or a replay would differ. */
  const given = list<Given>();
  const contexts = list<object>();
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
  /** What kits find of the REPL. */
  const repl = { __proto__: null, print, find, locate: freeze(locateQuote), promptChars: settings.promptChars };
  defineProperty(repl, "context", { __proto__: null, get: newest, enumerable: true } as PropertyDescriptor);
  const offer = (name: string, query: unknown): void => {
    reserve(name, freeze(query));
    put(repl, name, query);
  };
  if (settings.queries) {
    offer("llm_query", queries.llm_query);
    offer("llm_query_batched", queries.llm_query_batched);
    offer("rlm_query", queries.rlm_query);
    offer("rlm_query_batched", queries.rlm_query_batched);
    offer("llm_map", parts.createMap(realm, host, mailbox, settings));
  }
  const kits = parts.createKits(realm, host, freeze(repl), queries.tool);
  if (settings.tools.length > 0) {
    const tools = {};
    each(settings.tools, (name) => put(tools, name, freeze(queries.tool(name))));
    reserve("tools", freeze(tools));
  }

  let variables: ReturnType<Parts["createVariables"]>;
  let lose = (_name: string): void => {};
  let inspect: (hashed: boolean) => void;
  // At the end of an entry isolated-vm reads message and stack of the first rejection that nobody handled, outside of the
  // entry's timeout; getters of the code's would run there. So the first one is ours, kept alive until the next entry.
  const kept: { decoy: unknown } = { decoy: undefined };
  const shield = (): void => {
    kept.decoy = realm.reject(0);
  };

  const give = (one: Given): void => {
    given[given.length] = one;
  };
  /** The contexts that a run brings are there from now on. */
  const arrive = ({ key, value, list: length }: Given): void => {
    if (typeof value === "object" && value !== null) contexts[contexts.length] = value;
    if (typeof value === "string") texts[texts.length] = { context: key, text: value };
    if (length !== undefined) lists[lists.length] = { context: key, list: value as object, length };
  };
  let reached = -1;
  const records = new realm.Map<string, object>();
  /** One context, or an object of several, the same one under each of its names. */
  const valueOf = (indices: number[]): unknown => {
    if (indices.length === 1) return (given[indices[0] as number] as Given).value;
    let key = "";
    each(indices, (index) => {
      key += `${index},`;
    });
    const known = realm.mapGet(records, key);
    if (known !== undefined) return known;
    const record: Record<string, unknown> = {};
    each(indices, (index) => put(record, (given[index] as Given).name, (given[index] as Given).value));
    mapSet(records, key, record);
    return record;
  };

  return {
    context: (key, name, run, kind, text) =>
      give({ key, name, run, value: kind === "string" ? text : realm.parse(text) }),
    longText: (key, name, run, length) =>
      give({ key, name, run, value: longTexts.create(textParts.part(key, 0, length)) }),
    longRows: (key, name, run, length, count) =>
      give({ key, name, run, value: longLists.rows(key, name, count), list: length }),
    longObject: (key, name, run, length, keys) =>
      give({ key, name, run, value: longLists.members(key, keys), list: length }),
    bind: (run, bindings, hasResponseFormat, cites) => {
      each(given, (one) => {
        if (one.run > reached && one.run <= run) arrive(one);
      });
      reached = run;
      let fixed = "";
      sources = list();
      each(realm.parse(bindings) as { name: string; contexts: number[]; own: boolean }[], (binding) => {
        const { name, own } = binding;
        const value = valueOf(binding.contexts);
        let isKnown = binding.contexts.length !== 1;
        const index = binding.contexts[0] as number;
        each(sources, (source) => {
          if (source.index === index) isKnown = true;
        });
        if (!isKnown) sources[sources.length] = { name, value, index };
        if (bindName(name, value, own)) lose(name);
        else if (own && fixed === "") fixed = name;
      });
      answer.beginRun(hasResponseFormat !== 0, cites !== 0);
      return fixed;
    },
    kit: kits.begin,
    kitFunctions: kits.functions,
    kitTool: kits.tool,
    kitLibrary: kits.library,
    ready: (seed) => {
      setSeed(seed);
      kits.ready();
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
      lose = variables.lose;
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
    inspect: (hashed) => longLists.unseen(() => inspect(hashed !== 0)),
  };
}
