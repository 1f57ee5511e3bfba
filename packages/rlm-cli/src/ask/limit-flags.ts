import { Option } from "commander";
import { defaultLimits, type Limits, type RlmEvent } from "rlm-core";
import { duration, number } from "../live-tree/words.ts";
import { readAmount, readDollars, readDuration } from "./amounts.ts";

interface LimitFlag {
  flag: string;
  value: "number" | "dollars" | "time";
  words: string;
}

/** The flag of each limit of rlm-core. */
export const limitFlags: Record<keyof Limits, LimitFlag> = {
  turns: { flag: "turns", value: "number", words: "turns of one session: a reply of the model and its code" },
  depth: { flag: "depth", value: "number", words: "0: no sub-calls, 1: plain sub-calls, 2: children that are RLMs, …" },
  calls: { flag: "calls", value: "number", words: "model calls of any kind" },
  tokens: { flag: "tokens", value: "number", words: "tokens in and out" },
  costUsd: { flag: "cost-usd", value: "dollars", words: "US dollars, by the table of --prices" },
  durationMs: { flag: "duration", value: "time", words: "active time" },
  errors: { flag: "errors", value: "number", words: "failed turns in a row" },
  concurrency: { flag: "concurrency", value: "number", words: "model requests at once" },
  maxOutputTokens: { flag: "max-output-tokens", value: "number", words: "tokens that one model call may write" },
  promptChars: { flag: "prompt-chars", value: "number", words: "characters of one sub-call’s prompt" },
  outputChars: { flag: "output-chars", value: "number", words: "characters that a turn’s output shows to the model" },
  historyTokens: {
    flag: "history-tokens",
    value: "number",
    words: "tokens of a session’s messages above which its oldest turns are summarised",
  },
  computeMs: { flag: "compute", value: "time", words: "computing of one block of code" },
  heapMb: { flag: "heap-mb", value: "number", words: "megabytes of the sandbox, beside the context" },
  answerChars: { flag: "answer-chars", value: "number", words: "characters of the answer" },
  directBelow: {
    flag: "direct-below",
    value: "number",
    words: "a context of fewer tokens goes into one plain call; 0: never",
  },
};

/** The options of all limits for a command line. */
export function limitOptions(preset: Partial<Limits> = {}): Option[] {
  return entries().map(([name, { flag, value, words }]) => {
    const usual = shown(preset[name] ?? defaultLimits[name], value);
    return new Option(`--${flag} <${value}>`, `${words} (default: ${usual})`).argParser(readers[value]);
  });
}

/** The limits that were given on a command line. */
export function limitsOf(options: Readonly<Record<string, unknown>>): Partial<Limits> {
  const given = entries().map(([name, { flag }]) => [name, options[new Option(`--${flag}`).attributeName()]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** A message of rlm-core in the words of the command line: `limits.calls` is `--calls`. */
export function inFlags(message: string): string {
  return (
    message
      .replace(spending, (whole, name: string, ...values: (string | undefined)[]) =>
        isLimit(name) ? spent(name, values.slice(0, 3).map(Number)) : whole,
      )
      .replace(/\blimits\.(\w+)/g, (whole, name: string) => (isLimit(name) ? `--${limitFlags[name].flag}` : whole))
      .replaceAll("options.responseFormat", "--schema")
      .replace(/give prices: \{.*\}/, "give it in the table of --prices")
      // The command line has no forks but those that raise a limit.
      .replace(/fork at the run.s first turn/, "ask on another thread with it")
      .replace("(numCtx, or", "(--context-window, or")
      .replace("(contextWindow of the model)", "(--context-window)")
      .replace("the model’s contextWindow", "--context-window")
      .replace(", or give fields: { apiKey }", "")
  );
}

// As BudgetError has it.
const spending = /\blimits\.(\w+) is ([\d.e+-]+), spent ([\d.e+-]+)(?:, and the next call may need ([\d.e+-]+))?/g;

function spent(name: keyof Limits, [max = 0, used = 0, needed = NaN]: number[]): string {
  const next = Number.isNaN(needed) ? "" : `, and the next call may need ${limitWords(name, needed)}`;
  return `--${limitFlags[name].flag} is ${limitWords(name, max)}, spent ${limitWords(name, used)}${next}`;
}

/** An event whose advice, if it has some, is in those words too. */
export function eventInFlags(event: RlmEvent): RlmEvent {
  if (event.type === "warning") return { ...event, message: inFlags(event.message) };
  if (event.type === "run-end" && event.error !== undefined) return { ...event, error: inFlags(event.error) };
  return event;
}

const readers = { number: readAmount, dollars: readDollars, time: readDuration };

/** Reads a limit as people type it. */
export function limitReader(name: keyof Limits): (text: string) => number {
  return readers[limitFlags[name].value];
}

/** A limit as people read it: "2,000,000", "$2", "10 min". */
export function limitWords(name: keyof Limits, value: number): string {
  return shown(value, limitFlags[name].value);
}

function shown(value: number, unit: LimitFlag["value"]): string {
  if (value === Infinity) return "none";
  if (unit === "time") return duration(value).replace(/ 0 s$/, "").replace(".0 ", " ");
  return unit === "dollars" ? `$${value.toFixed(value > 0 && value < 0.1 ? 4 : 2)}` : number(value);
}

function isLimit(name: string): name is keyof Limits {
  return Object.hasOwn(limitFlags, name);
}

function entries(): [keyof Limits, LimitFlag][] {
  return Object.entries(limitFlags).map(([name, flag]) => [name as keyof Limits, flag]);
}
