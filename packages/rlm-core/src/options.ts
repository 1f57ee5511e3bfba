import { toJSONSchema, type ZodType } from "zod";
import { InputError } from "./errors.ts";
import type { SubCallCache } from "./cache.ts";
import { checkCache, checkPriced, type GivenModels } from "./check-models.ts";
import type { Emit } from "./events.ts";
import { callersSchemaProblem, type JsonSchema } from "./json-schema.ts";
import { historyShare } from "./history.ts";
import { resolveLimits, type Limits } from "./limits.ts";
import type { Model } from "./model.ts";
import { checkPrices, type Prices } from "./prices.ts";
import { big, type Profile } from "./prompt/profile.ts";
import { checkTools } from "./check-tools.ts";
import type { Approve, ReviewPoint } from "./review.ts";
import type { Sandbox } from "./sandbox.ts";
import type { RunStore } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";
import type { Kit, Tool } from "./tool.ts";

export interface RlmOptions<T = string> {
  /** Writes the code of the root. */
  model: Model;
  /** Answers plain sub-calls, and is the root of children; a record of several lets the code choose by name, `default` being the usual one. @default model */
  subModel?: Model | { default: Model; [name: string]: Model };
  /** Where the code runs. @default isolate() */
  sandbox?: Sandbox;
  /** See {@link Limits}. */
  limits?: Partial<Limits>;
  /** US dollars per million tokens, by model name; needed for `limits.costUsd`. */
  prices?: Prices;
  /** The words of the prompt. @default big */
  profile?: Profile;
  /** Host tools and kits of guest functions. */
  tools?: readonly (Tool | Kit)[];
  /** Where a person is asked: before code runs, before a limit ends the run or refuses a call, before the root's answer. Of every session, the answer aside. @default nowhere */
  review?: readonly ReviewPoint[];
  /** Asks the person, where `review` says so and before each call of a tool with `approve: true`; the time of that does not count. */
  approve?: Approve;
  /** What the answer has to be: a zod 4 schema, of which all counts that a JSON Schema can say (no refinement, no transform), or a JSON Schema. */
  responseFormat?: ZodType<T> | JsonSchema;
  /** Whether the answer comes with evidence: for each claim a passage of the context, which code has found there. See {@link Citation}. @default false */
  cite?: boolean;
  /** Where texts and logs are kept. @default memoryStore() */
  store?: RunStore;
  /** Gives a plain sub-call what the same one gave before, in this run or another: memoryCache(), directoryCache(path). @default none */
  cache?: SubCallCache;
  /** Hears what happens, as it happens. What it throws ends the run; an async one is not waited for, and what it rejects with ends the run too. */
  onEvent?: Emit;
  /** Ends the run and everything below it. */
  signal?: AbortSignal;
}

export interface ResolvedOptions {
  model: Model;
  subModel(name?: string): Model;
  models: readonly string[];
  sandbox: Sandbox;
  limits: Limits;
  prices: Prices;
  profile: Profile;
  tools: readonly (Tool | Kit)[];
  review: readonly ReviewPoint[];
  approve: Approve | undefined;
  responseFormat: JsonSchema | undefined;
  cite: boolean;
  store: RunStore;
  cache: SubCallCache | undefined;
  emit: Emit;
  signal: AbortSignal;
}

/** Checks everything at the door and fills in the defaults. Throws {@link InputError}. */
export function resolveOptions<T>(options: RlmOptions<T>, defaultSandbox: Sandbox): ResolvedOptions {
  checkNames(options);
  const {
    model,
    sandbox = defaultSandbox,
    prices = {},
    profile = big,
    tools = [],
    review = [],
    approve,
    cite = false,
    store = memoryStore(),
    cache,
    onEvent = () => {},
  } = options;
  const { subModel = model, signal = new AbortController().signal } = options;
  checkModel(model, "model");
  const { all, ...models } = resolveModels(subModel);
  const given = { model, subModels: options.subModel === undefined ? [{ option: "model", model }] : all };
  checkTools(tools);
  checkPrices(prices);
  checkPort(sandbox, "sandbox", "open", "a sandbox such as isolate()");
  checkPort(store, "store", "append", "a run store such as memoryStore()");
  checkCache(cache, given);
  checkPort(profile, "profile", "role", "a profile such as big");
  if (approve !== undefined && typeof approve !== "function")
    throw new InputError(`Expected options.approve to be a function, got ${typeof approve}`);
  checkReview(review);
  if (!(signal instanceof AbortSignal))
    throw new InputError(`Expected options.signal to be an AbortSignal, got ${typeof signal}`);
  if (typeof onEvent !== "function")
    throw new InputError(`Expected options.onEvent to be a function, got ${typeof onEvent}`);
  if (typeof cite !== "boolean") throw new InputError(`Expected options.cite to be true or false, got ${typeof cite}`);
  const limits = resolveLimits(options.limits);
  checkPriced(given, limits, prices);
  return {
    model,
    ...models,
    sandbox,
    limits: withWindows(limits, options.limits, model, models.subModel()),
    prices,
    profile,
    tools,
    review,
    approve,
    responseFormat: resolveFormat(options.responseFormat),
    cite,
    store,
    cache,
    emit: onEvent,
    signal,
  };
}

const names = [
  "model",
  "subModel",
  "sandbox",
  "limits",
  "prices",
  "profile",
  "tools",
  "review",
  "approve",
  "responseFormat",
  "cite",
  "store",
  "cache",
  "onEvent",
  "signal",
];

function checkNames(options: object): void {
  if (typeof options !== "object" || options === null)
    throw new InputError("Expected options to be an object with a model");
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new InputError(`Unknown option "${unknown}": expected one of ${names.join(", ")}`);
}

/** Throws {@link InputError} for what is not a question with a context. */
export function checkInput(input: unknown): void {
  if (typeof input !== "object" || input === null) throw new InputError("Expected the input to be { query, context }");
  const unknown = Object.keys(input).find((name) => name !== "query" && name !== "context");
  if (unknown !== undefined) throw new InputError(`Unknown input "${unknown}": expected query and context`);
  const query = "query" in input ? input.query : undefined;
  if (typeof query !== "string")
    throw new InputError(`Expected query to be a string, got ${query === null ? "null" : typeof query}`);
  if (query.trim() === "") throw new InputError("Expected query to be a question, got an empty string");
}

/** Throws {@link InputError} for a run that is to ask a person, and cannot. */
export function checkApprove({ review, approve }: Pick<ResolvedOptions, "review" | "approve">): void {
  if (review.length > 0 && approve === undefined)
    throw new InputError("Cannot ask a person: options.review needs options.approve, a function that asks");
}

function checkReview(review: readonly ReviewPoint[]): void {
  const points: unknown[] = Array.isArray(review) ? review : [review];
  const unknown = points.find((point) => typeof point !== "string" || !Object.hasOwn(reviewPoints, point));
  if (unknown === undefined && Array.isArray(review)) return;
  throw new InputError(
    `Expected options.review to be a list of ${Object.keys(reviewPoints).join(", ")}, got ${JSON.stringify(unknown ?? review)}`,
  );
}

// All of them, says the type.
const reviewPoints: Record<ReviewPoint, true> = { code: true, budget: true, answer: true };

function checkModel(model: unknown, name: string): void {
  if (typeof model !== "function") {
    throw new InputError(
      `Expected options.${name} to be a function (messages, options) => Promise<{ text }>, got ${model === null ? "null" : typeof model}`,
    );
  }
}

function checkPort(given: unknown, name: string, member: string, wanted: string): void {
  if (typeof given === "object" && given !== null && member in given) return;
  throw new InputError(`Expected options.${name} to be ${wanted}, got ${given === null ? "null" : typeof given}`);
}

function resolveModels(
  given: NonNullable<RlmOptions["subModel"]>,
): Pick<ResolvedOptions, "subModel" | "models"> & { all: GivenModels["subModels"] } {
  if (typeof given === "function") {
    const all = [{ option: "subModel", model: given }];
    return { subModel: (name) => pick({ default: given }, name), models: [], all };
  }
  if (typeof given !== "object" || given === null) checkModel(given, "subModel");
  checkModel(given.default, "subModel.default");
  for (const [name, model] of Object.entries(given)) checkModel(model, `subModel.${name}`);
  const all = Object.entries(given).map(([name, model]) => ({ option: `subModel.${name}`, model }));
  return {
    subModel: (name) => pick(given, name),
    models: Object.keys(given).filter((name) => name !== "default"),
    all,
  };
}

function pick(models: { default: Model; [name: string]: Model }, name = "default"): Model {
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (model !== undefined) return model;
  // The name is the code's, not the user's: an error that it may read.
  throw new Error(`there is no model "${name}"; there are ${Object.keys(models).join(", ")}`);
}

/** Limits that depend on what a model can read, where that is known and the user did not say. Three characters a token: on the safe side. */
function withWindows(limits: Limits, given: Partial<Limits> | undefined, model: Model, subModel: Model): Limits {
  const sub = subModel.contextWindow;
  const promptChars =
    sub === undefined || given?.promptChars !== undefined
      ? limits.promptChars
      : Math.max(100, (sub - limits.maxOutputTokens) * 3);
  const root = model.contextWindow;
  const directBelow = root === undefined ? limits.directBelow : Math.min(limits.directBelow, Math.floor(root / 2));
  const historyTokens =
    root === undefined || given?.historyTokens !== undefined ? limits.historyTokens : historyShare(root, limits);
  return { ...limits, promptChars, directBelow, historyTokens };
}

function resolveFormat(format: ZodType | JsonSchema | undefined): JsonSchema | undefined {
  if (format === undefined) return undefined;
  if (typeof format !== "object" || format === null || Array.isArray(format))
    throw new InputError(`Expected options.responseFormat to be a zod schema or a JSON Schema, got ${typeof format}`);
  if (isZod(format)) return fromZod(format);
  if ("~standard" in format)
    throw new InputError(
      "Cannot use options.responseFormat: it is a schema of another library or of zod 3; give one of zod 4, or a JSON Schema",
    );
  return usable(format);
}

function usable(schema: JsonSchema): JsonSchema {
  const problem = callersSchemaProblem(schema);
  if (problem !== undefined)
    throw new InputError(`Cannot use options.responseFormat: it is no JSON Schema, ${problem}`);
  return schema;
}

function fromZod(format: ZodType): JsonSchema {
  try {
    const { $schema, ...schema } = toJSONSchema(format);
    return schema;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(
      `Cannot use options.responseFormat: ${reason}; give the shape before it is changed, and change the answer yourself`,
      { cause },
    );
  }
}

function isZod(format: ZodType | JsonSchema): format is ZodType {
  return "_zod" in format;
}
