import { resolve } from "node:path";
import { checkPrices, InputError, resolveLimits, type Price, type Prices } from "rlm-core";
import { loadContext } from "../context/load-context.ts";
import type { Io } from "../io.ts";
import { limitsIn, type RunSettings } from "../threads/run-settings.ts";
import type { Given } from "./ask-options.ts";
import type { AskPreset, AskRequest } from "./ask-request.ts";
import { readJsonFile } from "./json-file.ts";
import { inFlags, limitsOf } from "./limit-flags.ts";

/**
 * What was given on the command line, checked. What it leaves open is as in `earlier`, a run of the same thread.
 * Throws InputError.
 */
export async function readRequest(
  question: string,
  given: Given,
  io: Io,
  { preset, earlier }: { preset?: AskPreset | undefined; earlier?: RunSettings | undefined } = {},
): Promise<AskRequest> {
  const givenLimits = { ...preset?.limits, ...(earlier && limitsIn(earlier)), ...limitsOf(given) };
  const limits = checkedLimits(givenLimits);
  const prices = given.prices === undefined && earlier ? earlier.prices : await readPrices(given.prices, io.cwd);
  if (limits.costUsd !== Infinity && Object.keys(prices).length === 0)
    throw new InputError("Cannot keep to --cost-usd without prices: give --prices FILE");
  const responseFormat =
    given.schema === undefined
      ? (earlier ?? preset)?.responseFormat
      : await readJsonFile("--schema", given.schema, io.cwd);
  const { context = [], encoding, trace } = given;
  if (trace === "") throw new InputError('Expected --trace to be the path of a new file, got ""');
  return {
    question,
    load: preset?.load ?? (async (options) => await loadContext(context, { ...options, encoding })),
    // What a preset asks is its own: a variable must not make a demo that costs money of one that does not.
    model: given.model ?? earlier?.model ?? (preset === undefined ? io.env.RLM_MODEL || undefined : preset.model),
    subModel: given.subModel ?? (earlier ? earlier.subModel : preset ? undefined : io.env.RLM_SUB_MODEL || undefined),
    baseUrl: given.baseUrl ?? earlier?.baseUrl,
    contextWindow: given.contextWindow ?? earlier?.contextWindow,
    delayMs: given.delay ?? earlier?.delayMs ?? preset?.delayMs ?? 0,
    limits,
    givenLimits,
    prices,
    profile: given.profile ?? earlier?.profile ?? "big",
    responseFormat,
    cite: given.cite ?? earlier?.cite ?? false,
    approve: given.approve ?? earlier?.approve ?? [],
    tools: preset?.tools ?? [],
    // `--trace` has no default, `--no-trace` makes commander's default true.
    trace: typeof trace === "string" ? resolve(io.cwd, trace) : trace === false ? false : undefined,
    json: given.json === true,
    quiet: given.quiet === true,
    dryRun: given.dryRun === true,
    ...(preset?.show && { show: preset.show }),
    ...(preset?.problem && { problem: preset.problem }),
  };
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
