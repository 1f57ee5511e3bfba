import { resolve } from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import {
  big,
  checkPrices,
  InputError,
  resolveLimits,
  small,
  textEncodings,
  thinking,
  type Price,
  type Prices,
  type TextEncoding,
} from "rlm-core";
import { loadContext } from "../context/load-context.ts";
import type { Io } from "../io.ts";
import { readAmount } from "./amounts.ts";
import type { AskPreset, AskRequest } from "./ask-request.ts";
import { readJsonFile } from "./json-file.ts";
import { inFlags, limitOptions, limitsOf } from "./limit-flags.ts";

/** What commander reads of the options below. */
type Given = Readonly<Record<string, unknown>> & {
  context?: string[];
  encoding?: TextEncoding;
  model?: string;
  subModel?: string;
  baseUrl?: string;
  contextWindow?: number;
  profile?: string;
  prices?: string;
  schema?: string;
  trace?: string | false;
  delay?: number;
  json?: true;
  quiet?: true;
  dryRun?: true;
};

const profiles = { big, small, thinking };

/** Gives a command the options of `ask`, without those that a preset answers. */
export function addAskOptions(command: Command, preset?: AskPreset): void {
  const own = preset === undefined;
  command.optionsGroup("What is asked:");
  if (own)
    command.option(
      "-c, --context <path...>",
      "a file, a folder, a glob in quotes, or - for stdin; name=PATH for a variable of that name",
    );
  if (own)
    command.addOption(
      new Option("--encoding <name>", "of the files (default: that of a byte order mark, else utf-8)").choices(
        textEncodings,
      ),
    );
  command
    .option("-m, --model <provider:name>", `the model (default: ${preset?.model ?? "that of RLM_MODEL"})`)
    .option(
      "--sub-model <provider:name>",
      `the model of sub-calls (default: ${own ? "that of RLM_SUB_MODEL, else " : ""}the same)`,
    )
    .option("--base-url <url>", "where the models are served")
    .addOption(
      new Option(
        "--context-window <tokens>",
        "what the models can read at once: give it for ollama, which gets it as numCtx, and for a server of your own (default: what is known of the model)",
      ).argParser(readWindow),
    )
    .addOption(new Option("--profile <name>", "the words of the prompt").choices(Object.keys(profiles)).default("big"));
  if (own) command.option("--schema <file>", "a JSON Schema: the answer is a value that fits it");
  command
    .optionsGroup("What comes out:")
    .option(
      "--json",
      "one JSON object, also of a failure: answer, status, limit, error, usage, runId, trace, largestRequest",
    )
    .option("-q, --quiet", "nothing but the answer")
    .option("--dry-run", "sizes, plan and what it may cost; no model is asked, no key needed")
    .option("--trace <file>", "a new file for the trajectory of the run; by default a temporary one")
    .option("--no-trace", "no trace")
    .addOption(
      new Option(
        "--delay <ms>",
        `how long the stand-in (--model offline) holds back each reply, to watch it (default: ${preset?.delayMs ?? 0})`,
      ).argParser(readDelay),
    )
    .optionsGroup("Limits, for the whole run unless they say otherwise (none: no limit):");
  for (const option of limitOptions(preset?.limits)) command.addOption(option);
  command.option("--prices <file>", 'JSON: { "gpt-5": { "inputPerMillion": 1.25, "outputPerMillion": 10 } }');
}

/** What was given on the command line, checked. Throws InputError. */
export async function readRequest(question: string, given: Given, io: Io, preset?: AskPreset): Promise<AskRequest> {
  const givenLimits = { ...preset?.limits, ...limitsOf(given) };
  const limits = checkedLimits(givenLimits);
  const prices = await readPrices(given.prices, io.cwd);
  if (limits.costUsd !== Infinity && Object.keys(prices).length === 0)
    throw new InputError("Cannot keep to --cost-usd without prices: give --prices FILE");
  const responseFormat =
    given.schema === undefined ? preset?.responseFormat : await readJsonFile("--schema", given.schema, io.cwd);
  const { context = [], encoding, trace } = given;
  if (trace === "") throw new InputError('Expected --trace to be the path of a new file, got ""');
  return {
    question,
    load: preset?.load ?? (async (options) => await loadContext(context, { ...options, encoding })),
    // What a preset asks is its own: a variable must not make a demo that costs money of one that does not.
    model: given.model ?? (preset === undefined ? io.env.RLM_MODEL || undefined : preset.model),
    subModel: given.subModel ?? (preset === undefined ? io.env.RLM_SUB_MODEL || undefined : undefined),
    baseUrl: given.baseUrl,
    contextWindow: given.contextWindow,
    delayMs: given.delay ?? preset?.delayMs ?? 0,
    limits,
    givenLimits,
    prices,
    profile: profiles[given.profile as keyof typeof profiles],
    responseFormat,
    // `--trace` has no default, `--no-trace` makes commander's default true.
    trace: typeof trace === "string" ? resolve(io.cwd, trace) : trace === false ? false : undefined,
    json: given.json === true,
    quiet: given.quiet === true,
    dryRun: given.dryRun === true,
    ...(preset?.show && { show: preset.show }),
    ...(preset?.problem && { problem: preset.problem }),
  };
}

function readWindow(text: string): number {
  const tokens = readAmount(text);
  if (Number.isInteger(tokens) && tokens > 0) return tokens;
  throw new InvalidArgumentError("Expected a number of tokens such as 32768 or 128k.");
}

function readDelay(text: string): number {
  const ms = Number(text);
  // A timer that gets more ends at once.
  if (/^\d+$/.test(text) && ms < 2 ** 31) return ms;
  throw new InvalidArgumentError("Expected a number of milliseconds.");
}

function checkedLimits(given: Parameters<typeof resolveLimits>[0]): AskRequest["limits"] {
  try {
    return resolveLimits(given);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(inFlags(error.message), { cause: error });
    throw error;
  }
}

async function readPrices(path: string | undefined, cwd: string): Promise<Record<string, Price>> {
  if (path === undefined) return {};
  const prices = (await readJsonFile("--prices", path, cwd)) as Prices;
  checkPrices(prices);
  // Models report their names without the provider.
  return Object.fromEntries(
    Object.entries(prices).flatMap(([name, price]) => [
      [name, price],
      [modelNameOf(name), price],
    ]),
  );
}

/** "openai:gpt-5" is "gpt-5" in usage and prices. */
export function modelNameOf(name: string): string {
  return name.includes(":") ? name.slice(name.indexOf(":") + 1) : name;
}
