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

/** A frozen object of pure guest functions in the REPL, such as `decompose`. */
export interface Kit {
  /** The name of the object in the REPL. */
  name: string;
  functions: Record<string, KitFunction>;
}

export interface KitFunction {
  /** TypeScript signature without the name, for the prompt: `(text: string, options: { size: number }) => Piece[]`. */
  signature: string;
  /** One line for the prompt. */
  description: string;
  /**
   * Runs inside the isolate: its source text is carried there, so it may use its arguments, JavaScript's own builtins,
   * and through `this` the other functions of its kit, and nothing of the module around it.
   */
  run(...args: never[]): unknown;
}

/** A kit as a session and a trajectory carry it: the source texts of its functions. */
export interface KitSource {
  name: string;
  functions: Record<string, string>;
}

export function kitSource({ name, functions }: Kit): KitSource {
  const sources = Object.entries(functions).map(([key, { run }]) => [key, String(run)]);
  return { name, functions: Object.fromEntries(sources) };
}

export function isKit(tool: Tool | Kit): tool is Kit {
  return "functions" in tool;
}
