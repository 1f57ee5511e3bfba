import type { GuestHost, GuestPart, GuestSettings } from "./host.ts";
import type { LongTexts } from "./long-text.ts";
import type { Call, Mailbox } from "./mailbox.ts";
import type { Realm } from "./realm.ts";

/** What the code calls models and tools with, by name. */
export interface Queries {
  llm_query: (prompt: unknown, options?: unknown) => Promise<unknown>;
  llm_query_batched: (prompts: unknown, options?: unknown) => Promise<unknown[]>;
  rlm_query: (query: unknown, context: unknown, options?: unknown) => Promise<unknown>;
  rlm_query_batched: (calls: unknown, options?: unknown) => Promise<unknown[]>;
  tool: (name: string) => (args?: unknown) => Promise<unknown>;
}

/** Calls that are refused throw at once; calls that fail reject. Both name the line of the model that made them. */
export function createQueries(
  realm: Realm,
  host: GuestHost,
  mailbox: Mailbox,
  settings: GuestSettings,
  longTexts: LongTexts,
  partOf: (value: unknown) => GuestPart | undefined,
): Queries {
  const { errorAt, failure, stringify, count, each, list, put, ownKeys, wellFormed, argument, isArray } = realm;
  const { TypeError, RangeError } = realm;

  const nameOf = (value: unknown): string => {
    if (value === null || value === undefined) return `${value}`;
    if (isArray(value)) return "an array";
    if (longTexts.partOf(value) !== undefined) return "a LongText (take a part of it by slice(from, to))";
    return typeof value === "object" ? "an object" : `a ${typeof value}`;
  };

  const text = (value: unknown, what: string, above: Function): string => {
    if (typeof value !== "string")
      throw errorAt(TypeError, `Expected ${what} to be a string, got ${nameOf(value)}`, above);
    // What is refused for its length is not looked into: it may not fit into memory in one piece.
    return value.length > settings.promptChars ? value : wellFormed(value);
  };
  const tooLong = (prompt: string, what: string): string =>
    `Cannot send ${what}: it has ${count(prompt.length)} characters, at most ${count(settings.promptChars)} are allowed; cut it into pieces`;
  const bounded = (prompt: string, what: string, above: Function): string => {
    if (prompt.length > settings.promptChars) throw errorAt(RangeError, tooLong(prompt, what), above);
    return prompt;
  };
  const json = (value: unknown, what: string, above: Function): string => {
    let written: string | undefined;
    try {
      written = stringify(value);
    } catch {
      throw errorAt(TypeError, `Expected ${what} to be data that JSON can hold`, above);
    }
    if (written === undefined)
      throw errorAt(TypeError, `Expected ${what} to be data that JSON can hold, got ${nameOf(value)}`, above);
    return written;
  };

  /** Options as JSON: a schema that is allowed and, for plain calls, a model's name. */
  const optionsText = (options: unknown, mayHaveModel: boolean, above: Function): string => {
    if (options === undefined || options === null) return "";
    if (typeof options !== "object" || isArray(options))
      throw errorAt(TypeError, `Expected options to be an object such as { schema }, got ${nameOf(options)}`, above);
    each(ownKeys(options), (key) => {
      if (key === "schema" || (mayHaveModel && key === "model")) return;
      throw errorAt(
        TypeError,
        `Unknown option ${stringify(typeof key === "string" ? key : "symbol")}: expected ${mayHaveModel ? "schema or model" : "schema"}`,
        above,
      );
    });
    const schema = argument(options, "schema");
    const model = argument(options, "model");
    let parts = "";
    if (schema !== undefined && schema !== null) {
      const written = json(schema, "options.schema", above);
      const problem = host.schemaProblem(written);
      if (problem !== "") throw errorAt(TypeError, `Cannot use options.schema: ${problem}`, above);
      parts = `"schema":${written}`;
    }
    if (model !== undefined && model !== null) {
      const name = text(model, "options.model", above);
      if (name.length > 200)
        throw errorAt(
          TypeError,
          `Expected options.model to be the name of a model, got ${count(name.length)} characters`,
          above,
        );
      parts += `${parts === "" ? "" : ","}"model":${stringify(name)}`;
    }
    return parts === "" ? "" : `{${parts}}`;
  };

  const one = (call: Call, above: Function): Promise<unknown> => {
    mailbox.reserve(1, call.prompt.length + call.context.length, above);
    const origin = errorAt(realm.Error, "", above);
    return new realm.Promise((resolve, reject) => {
      mailbox.post(call, { value: resolve, failure: (message, code) => reject(failure(origin, message, code)) });
    });
  };

  /** A slot for each call; where the call is a message instead, the slot holds that error. */
  const many = (calls: (Call | string)[], above: Function): Promise<unknown[]> => {
    const { length } = calls;
    let characters = 0;
    each(calls, (call) => {
      if (typeof call !== "string") characters += call.prompt.length + call.context.length;
    });
    mailbox.reserve(length, characters, above);
    const origin = errorAt(realm.Error, "", above);
    return new realm.Promise((resolve) => {
      const slots = new realm.Array<unknown>(length);
      let open = length;
      const fill = (index: number, value: unknown): void => {
        put(slots, index, value);
        if (--open === 0) resolve(slots);
      };
      if (length === 0) resolve(slots);
      each(calls, (call, index) => {
        if (typeof call === "string") fill(index, failure(origin, call, "bad-input"));
        else
          mailbox.post(call, {
            value: (value) => fill(index, value),
            failure: (message, code) => fill(index, failure(origin, message, code)),
          });
      });
    });
  };

  const plain = (prompt: string, options: string): Call => ({
    kind: "llm",
    prompt,
    name: "",
    context: "",
    contextKind: "",
    options,
  });

  const child = (query: unknown, context: unknown, options: string, where: string, above: Function): Call => {
    const prompt = bounded(text(query, `${where}query`, above), `${where}query`, above);
    if (typeof context !== "string" && (typeof context !== "object" || context === null)) {
      throw errorAt(
        TypeError,
        `Expected ${where}context to be a string, an array or an object, got ${nameOf(context)}`,
        above,
      );
    }
    const part = partOf(context);
    if (part !== undefined) {
      const written = `{"context":${stringify(part.context)},"from":${part.from},"length":${part.length}}`;
      return { kind: "rlm", prompt, name: "", context: written, contextKind: "part", options };
    }
    const isText = typeof context === "string";
    const fits = !isText || context.length <= settings.answerChars;
    const content = isText ? (fits ? wellFormed(context) : context) : json(context, `${where}context`, above);
    if (content.length === 0)
      throw errorAt(TypeError, `Expected ${where}context to hold something, got an empty string`, above);
    if (content.length > settings.answerChars) {
      throw errorAt(
        RangeError,
        `Cannot send ${where}context: it has ${count(content.length)} characters, at most ${count(settings.answerChars)} are allowed; cut it into pieces`,
        above,
      );
    }
    return { kind: "rlm", prompt, name: "", context: content, contextKind: isText ? "text" : "json", options };
  };

  const items = (value: unknown, what: string, above: Function): { length: number; [index: number]: unknown } => {
    if (!isArray(value)) throw errorAt(TypeError, `Expected ${what} to be an array, got ${nameOf(value)}`, above);
    return value;
  };

  const llmQuery = (prompt: unknown, options?: unknown): Promise<unknown> =>
    one(
      plain(
        bounded(text(prompt, "the prompt", llmQuery), "the prompt", llmQuery),
        optionsText(options, true, llmQuery),
      ),
      llmQuery,
    );

  const llmQueryBatched = (prompts: unknown, options?: unknown): Promise<unknown[]> => {
    const given = items(prompts, "prompts", llmQueryBatched);
    const written = optionsText(options, true, llmQueryBatched);
    const calls = list<Call | string>();
    const { length } = given;
    for (let index = 0; index < length; index++) {
      const prompt = text(given[index], `prompts[${index}]`, llmQueryBatched);
      calls[index] =
        prompt.length > settings.promptChars ? tooLong(prompt, `prompts[${index}]`) : plain(prompt, written);
    }
    return many(calls, llmQueryBatched);
  };

  const rlmQuery = (query: unknown, context: unknown, options?: unknown): Promise<unknown> =>
    one(child(query, context, optionsText(options, false, rlmQuery), "", rlmQuery), rlmQuery);

  const rlmQueryBatched = (queries: unknown, options?: unknown): Promise<unknown[]> => {
    const given = items(queries, "the calls", rlmQueryBatched);
    const written = optionsText(options, false, rlmQueryBatched);
    const calls = list<Call | string>();
    const { length } = given;
    for (let index = 0; index < length; index++) {
      const call = given[index];
      if (typeof call !== "object" || call === null)
        throw errorAt(
          TypeError,
          `Expected element ${index} to be { query, context }, got ${nameOf(call)}`,
          rlmQueryBatched,
        );
      calls[index] = child(argument(call, "query"), argument(call, "context"), written, `[${index}].`, rlmQueryBatched);
    }
    return many(calls, rlmQueryBatched);
  };

  const tool = (name: string): ((args?: unknown) => Promise<unknown>) => {
    // That of a kit has a dot in its name.
    const called = realm.indexOf(name, ".") < 0 ? `tools.${name}` : name;
    const call = (args: unknown = {}): Promise<unknown> => {
      if (typeof args !== "object" || args === null || isArray(args)) {
        throw errorAt(
          TypeError,
          `Expected ${called} to be called with one object of named arguments, got ${nameOf(args)}`,
          call,
        );
      }
      const prompt = bounded(json(args, `the arguments of ${called}`, call), `the arguments of ${called}`, call);
      return one({ kind: "tool", prompt, name, context: "", contextKind: "", options: "" }, call);
    };
    return call;
  };

  return {
    llm_query: llmQuery,
    llm_query_batched: llmQueryBatched,
    rlm_query: rlmQuery,
    rlm_query_batched: rlmQueryBatched,
    tool,
  };
}
