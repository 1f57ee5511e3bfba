import type { JsonSchema } from "./json-schema.ts";

/** A host tool: the REPL's code calls `await tools.<name>(args)`, and `run` runs here, beside the user's secrets. */
export interface Tool {
  /** An identifier; the code calls it by this name. */
  name: string;
  description: string;
  /** JSON Schema of the one argument, an object; arguments that do not fit never reach `run`. */
  parameters: JsonSchema;
  run(args: Record<string, unknown>, options: { signal: AbortSignal }): Promise<unknown>;
  /** Whether child RLMs have it too. @default false */
  inherit?: boolean;
  /** Whether each call is first put to the `approve` function of the run. @default false */
  approve?: boolean;
  /** Calls in one run. @default 50 */
  maxCalls?: number;
  /** Milliseconds a call may take. @default 60_000 */
  timeoutMs?: number;
  /** Characters of a result, as text or JSON; a longer one is an error for the code. @default 1_000_000 */
  maxResultChars?: number;
}

/** A frozen object of guest functions in the REPL, such as `decompose`. */
export interface Kit {
  /** The name of the object in the REPL. */
  name: string;
  functions: Record<string, KitFunction>;
  /** Host tools that the kit's functions alone call, by `this.tool(name)`. The prompt does not list them; wherever the kit is, in children too, they are. */
  tools?: readonly Tool[];
  /** Scripts that the kit's functions use by `this.library(name)`: source texts, each an expression whose value is the library. One comes into the isolate and is run there when it is first asked for; a session that uses none costs no more for it. */
  libraries?: Readonly<Record<string, string>>;
}

export interface KitFunction {
  /** TypeScript signature without the name, for the prompt: `(text: string, options: { size: number }) => Piece[]`. */
  signature: string;
  /** One line for the prompt. */
  description: string;
  /** What a call of it costs in sub-calls, for people: "one for each item". @default "none" */
  calls?: string;
  /** A block of the REPL that stands by itself and prints, for people. */
  example?: string;
  /**
   * Runs inside the isolate: its source text is carried there, so it may use its arguments, JavaScript's own builtins, and
   * through `this` a {@link KitScope} and the other functions of its kit, and nothing of the module around it.
   */
  run(this: never, ...args: never[]): unknown;
}

/** What `this` is in a kit's function, beside the other functions of the kit. */
export interface KitScope {
  readonly repl: KitRepl;
  /** The value of a script of the kit's `libraries`; throws what that throws. */
  library(name: string): unknown;
  /** A host tool of the kit's `tools`, as a function of its arguments. */
  tool(name: string): (args?: Record<string, unknown>) => Promise<unknown>;
}

/** What a kit's function finds of the REPL: what the code has, and the bound of its prompts. The queries are not there in a session without sub-calls. */
export interface KitRepl {
  /** Of the newest run, as the code sees it. */
  readonly context: unknown;
  /** Characters that the prompt of a sub-call may have. */
  readonly promptChars: number;
  print(...values: unknown[]): void;
  find(pattern: string | RegExp, options?: { around?: number; max?: number; within?: unknown }): FindResult;
  /** Where a passage stands in the contexts, or in `within`: word for word, else where only white space, typographic marks or the composition of letters differ. `quote` is the source's own; `key` as `find` has it; `source` the context's name, absent where `within` is none. Undefined: nowhere, or too short to prove anything. */
  locate(
    quote: string,
    within?: unknown,
  ): { source?: string; key?: string | number; start: number; end: number; quote: string } | undefined;
  llm_query?(prompt: string, options?: QueryOptions): Promise<unknown>;
  /** A reply or an Error for each prompt. */
  llm_query_batched?(prompts: readonly string[], options?: QueryOptions): Promise<unknown[]>;
  /** A value or an Error for each item. */
  llm_map?(
    items: readonly unknown[],
    instruction: string,
    options?: QueryOptions & { size?: number },
  ): Promise<unknown[]>;
  rlm_query?(query: string, context: unknown, options?: Pick<QueryOptions, "schema">): Promise<unknown>;
  rlm_query_batched?(
    calls: readonly { query: string; context: unknown }[],
    options?: Pick<QueryOptions, "schema">,
  ): Promise<unknown[]>;
}

interface QueryOptions {
  schema?: JsonSchema;
  model?: string;
}

interface FindResult {
  total: number;
  hits: { key?: string | number; at: number; text: string }[];
}

/** A kit as a session and a trajectory carry it: the source texts of its functions, the names of its tools, and by name the SHA-256 of each of its libraries. */
export interface KitSource {
  name: string;
  functions: Record<string, string>;
  tools?: string[];
  libraries?: Record<string, string>;
}

/** The name by which a session calls a tool of a kit; no other tool's name has a dot. */
export function kitToolName(kit: string, tool: string): string {
  return `${kit}.${tool}`;
}

export function isKitTool(name: string): boolean {
  return name.includes(".");
}

/** How code calls it, for texts. */
export function calledAs(name: string): string {
  return isKitTool(name) ? name : `tools.${name}`;
}

export function isKit(tool: Tool | Kit): tool is Kit {
  return "functions" in tool;
}
