import { InvalidArgumentError, Option, type Command } from "commander";
import { textEncodings, type TextEncoding } from "rlm-core";
import { readApprovals, type Approval } from "../review/approve-flag.ts";
import { readAmount } from "./amounts.ts";
import type { AskPreset } from "./ask-request.ts";
import { limitOptions } from "./limit-flags.ts";
import { profiles, type ProfileName } from "./profiles.ts";

/** What commander reads of the options below. */
export type Given = Readonly<Record<string, unknown>> & {
  context?: string[];
  encoding?: TextEncoding;
  model?: string;
  subModel?: string;
  baseUrl?: string;
  contextWindow?: number;
  profile?: ProfileName;
  prices?: string;
  schema?: string;
  cite?: true;
  thread?: string;
  approve?: Approval[];
  trace?: string | false;
  delay?: number;
  json?: true;
  quiet?: true;
  dryRun?: true;
};

/** Gives a command the options of `ask`, without those that a preset answers, or the run that is gone on with. */
export function addAskOptions(
  command: Command,
  { preset, resumes = false }: { preset?: AskPreset | undefined; resumes?: boolean } = {},
): void {
  const own = preset === undefined;
  const asks = own && !resumes;
  const before = resumes ? "that of the run, else " : "";
  command.optionsGroup("What is asked:");
  if (own)
    command
      .option(
        "-c, --context <path...>",
        resumes
          ? "for a trace: the context of its run, as it was given to rlm ask"
          : "a file, a folder, a glob in quotes, or - for stdin; name=PATH for a variable of that name",
      )
      .addOption(
        new Option(
          "--encoding <name>",
          "of the files (default: that of a byte order mark, else utf-8, else the likeliest)",
        ).choices(textEncodings),
      );
  command
    .option("-m, --model <provider:name>", `the model (default: ${preset?.model ?? `${before}that of RLM_MODEL`})`)
    .option(
      "--sub-model <provider:name>",
      `the model of sub-calls (default: ${before}${own ? "that of RLM_SUB_MODEL, else " : ""}the same)`,
    )
    .option("--base-url <url>", "where the models are served")
    .addOption(
      new Option(
        "--context-window <tokens>",
        "what the models can read at once: give it for ollama, which gets it as numCtx, and for a server of your own (default: what is known of the model)",
      ).argParser(readWindow),
    )
    .addOption(
      new Option("--profile <name>", `the words of the prompt (default: ${before}big)`).choices(Object.keys(profiles)),
    );
  if (asks)
    command
      .option("--schema <file>", "a JSON Schema: the answer is a value that fits it")
      .option(
        "--cite",
        "the answer comes with evidence: for each claim the passage of the context that shows it, checked, with file, line and column",
      )
      .option(
        "--thread <id>",
        "keeps the run under this name: rlm resume goes on with it, further questions need no context",
      );
  command.addOption(
    new Option(
      "--approve <what>",
      `asks you at the terminal, ${resumes ? "over those of the thread, " : ""}with commas: code before it runs, tools before each call, budget before a limit ends the run or refuses a call, answer before it is given (default: ${resumes ? "for a thread as it was, else " : ""}none)`,
    ).argParser(readApprovals),
  );
  command
    .optionsGroup("What comes out:")
    .option(
      "--json",
      "one JSON object, also of a failure: answer, status, limit, error, usage, runId, trace, largestRequest; with --cite citations and unverified too",
    )
    .option("-q, --quiet", "nothing but the answer");
  if (!resumes) command.option("--dry-run", "sizes, plan and what it may cost; no model is asked, no key needed");
  command.option(
    "--trace <file>",
    resumes
      ? "for a thread: a new file for the trajectory of the run"
      : "a new file for the trajectory of the run; by default a temporary one, for a thread none",
  );
  if (!resumes) command.option("--no-trace", "no trace");
  command
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
