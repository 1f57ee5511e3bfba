import { Command } from "commander";
import { InputError } from "rlm-core";
import type { Io } from "../io.ts";
import { runCommand } from "../run-command.ts";
import { askThread } from "../threads/ask-thread.ts";
import type { RunSettings } from "../threads/run-settings.ts";
import { addAskOptions, type Given } from "./ask-options.ts";
import type { AskPreset, AskRequest } from "./ask-request.ts";
import { ask } from "./ask.ts";
import { askHelp } from "./help.ts";
import { readRequest } from "./read-request.ts";
import { quoted, sameFlags } from "./same-flags.ts";
import { tellingJson } from "./telling-json.ts";

/** `rlm ask`, or a command that is the same with a question and context of its own. */
export function askCommand(io: Io, ended: (code: number) => void, preset?: AskPreset): Command {
  const command = new Command(preset?.name ?? "ask")
    .description(preset?.description ?? description)
    .summary("answers a question over files, folders or stdin")
    .allowExcessArguments(false);
  if (preset === undefined)
    command.argument("[question]", "it comes before --context, or behind --").addHelpText("after", askHelp);
  addAskOptions(command, { preset });
  return command.action(async (...args: unknown[]) => {
    const given = command.opts<Given>();
    const question = preset?.question ?? args[0];
    ended(await tellingJson(io, given.json === true, async () => await run(question, given)));
  });

  async function run(question: unknown, given: Given): Promise<number> {
    if (typeof question !== "string" || question.trim() === "") throw new InputError(noQuestion);
    const { thread: id, dryRun, context } = given;
    const read = async (earlier?: RunSettings): Promise<AskRequest> =>
      await readRequest(question, given, io, { preset, earlier });
    if (id === undefined || dryRun === true) {
      const request = await read();
      return await ask(preset === undefined ? { ...request, goOn: resumeWords } : request, io);
    }
    return await askThread({ id, hasContext: context !== undefined, read }, io);
  }

  function resumeWords(trace: string): string {
    return `rlm resume ${quoted(trace)} ${sameFlags(command, notOfResume)}`.trimEnd();
  }
}

// The trace has the form of the answer, and goes on.
const notOfResume = new Set(["schema", "cite", "thread", "trace", "dryRun"]);

/** Runs a command that is `rlm ask` with a question and context of its own; gives the exit code. */
export async function runAsk(argv: readonly string[], io: Io, preset: AskPreset): Promise<number> {
  return await runCommand(argv, io, (ended) => askCommand(io, ended, preset));
}

const noQuestion = `No question: rlm ask "QUESTION" --context PATH … (the question comes before --context, or behind --)`;

const description = `Answers a question over a context that is too long for a model to read: the model writes code that
searches the context, cuts it and asks sub-models about the pieces, in a sandbox.`;
