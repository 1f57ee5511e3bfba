import { Command, Option } from "commander";
import { textEncodings, type TextEncoding } from "rlm-core";
import type { Io } from "../io.ts";
import { replay } from "./replay.ts";

/** `rlm replay`: whether a trajectory, run again without any model, comes to the same. Ends with 4 where it does not. */
export function replayCommand(io: Io, ended: (code: number) => void): Command {
  return new Command("replay")
    .description(
      `Runs the code of a trajectory again, at every depth, with the recorded results and without any model, and compares what it asks, prints and answers with the record. Says "identical", or the first difference.`,
    )
    .summary("runs a trajectory again without any model, and says whether it is the same")
    .argument(
      "<trace>",
      "the trajectory: the file that rlm ask names at its end, or that of its --trace; it comes before --context",
    )
    .option("-c, --context <path...>", "the context of the run, as it was given to rlm ask")
    .addOption(new Option("--encoding <name>", "of the files, as it was given to rlm ask").choices(textEncodings))
    .option("--json", "one JSON object: identical, complete, difference, error, compared, runs, v8")
    .option("-q, --quiet", "nothing but “identical”, or the first difference")
    .allowExcessArguments(false)
    .addHelpText("after", help)
    .action(async (trace: string, given: { context?: string[]; encoding?: TextEncoding; json?: true; quiet?: true }) =>
      ended(
        await replay(
          {
            trace,
            context: given.context,
            encoding: given.encoding,
            json: given.json === true,
            quiet: given.quiet === true,
          },
          io,
        ),
      ),
    );
}

const help = `
What is compared:
  Of each session: every call that its code makes, with prompt, context and options, what each block prints, its errors,
  and its answer; and the texts of results against their hashes. Variables are not in a trajectory: they come out of
  the replay, and --json has one hash over them for each session, to compare two replays by.
  Models and tools are not called: their results are in the trajectory. No key is needed.
  A context is known by its hash, so it has to be the same bytes; it may be somewhere else. Of a folder or a glob the
  paths count too: give it from the folder where the question was asked.
  A trajectory that was cut off is replayed as far as it goes, and it is said.

Examples:
  $ rlm ask "Which requests failed?" --context app.log --model openai:gpt-5-mini --trace run.jsonl
  $ rlm replay run.jsonl --context app.log
  $ rlm replay run.jsonl --context logs=app.log --context rules=rules.md --json

Exit codes:
  0 identical, as far as the trajectory goes   4 it differs   1 failed (no sandbox starts here, …)
  2 wrong usage or input: no trajectory, one of another version, another context   130 interrupted (Ctrl-C)`;
