import { readFileSync } from "node:fs";
import { Command } from "commander";
import { askCommand } from "./ask/ask-command.ts";
import { doctorCommand } from "./doctor/doctor-command.ts";
import type { Io } from "./io.ts";
import { replayCommand } from "./replay/replay-command.ts";
import { runCommand } from "./run-command.ts";
import { resumeCommand } from "./threads/resume-command.ts";
import { runsCommand } from "./threads/runs-command.ts";

/** The command line `rlm`: runs what the arguments say and gives the exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  return await runCommand(argv, io, (ended) =>
    new Command("rlm")
      .description(
        "Recursive Language Models (arXiv 2512.24601): answers over contexts that are too long for a model to read.",
      )
      .version(version(), "-V, --version", "the version of rlm-cli")
      .addCommand(askCommand(io, ended))
      .addCommand(resumeCommand(io, ended))
      .addCommand(runsCommand(io, ended))
      .addCommand(replayCommand(io, ended))
      .addCommand(doctorCommand(io, ended))
      .addHelpText("after", help),
  );
}

const help = `
Examples:
  $ rlm ask "Which requests failed, and why?" --context app.log --model openai:gpt-5-mini
  $ rlm ask "What is said of the bridge?" --context book.txt --model offline   # a stand-in: no key, no network
  $ rlm ask "What broke?" --context app.log --model openai:gpt-5 --thread incident-7
  $ rlm resume incident-7                                                        # goes on after Ctrl-C, a crash or a limit
  $ rlm runs                                                                     # what is kept
  $ rlm replay run.jsonl --context app.log                                       # whether the run comes to the same again
  $ rlm doctor                                                                   # what confines the sandbox here

rlm ask --help has all options, more examples, the variables and the exit codes.`;

function version(): string {
  const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return own.version;
}
