import { Command } from "commander";
import { InputError } from "rlm-core";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { runCommand } from "../run-command.ts";
import { write } from "../write.ts";
import { addAskOptions, readRequest } from "./ask-options.ts";
import type { AskPreset, AskRequest } from "./ask-request.ts";
import { ask } from "./ask.ts";
import { askHelp } from "./help.ts";
import { failureText } from "./report.ts";

/** `rlm ask`, or a command that is the same with a question and context of its own. */
export function askCommand(io: Io, ended: (code: number) => void, preset?: AskPreset): Command {
  const command = new Command(preset?.name ?? "ask")
    .description(preset?.description ?? description)
    .summary("answers a question over files, folders or stdin")
    .allowExcessArguments(false);
  if (preset === undefined)
    command.argument("[question]", "it comes before --context, or behind --").addHelpText("after", askHelp);
  addAskOptions(command, preset);
  return command.action(async (...args: unknown[]) => {
    const question = preset?.question ?? args[0];
    const request = await readQuestion(question, command, io, preset);
    ended(await ask(request, io));
  });
}

/** Runs a command that is `rlm ask` with a question and context of its own; gives the exit code. */
export async function runAsk(argv: readonly string[], io: Io, preset: AskPreset): Promise<number> {
  return await runCommand(argv, io, (ended) => askCommand(io, ended, preset));
}

/** Reads the command line; also of one that cannot be used a program that asked for JSON gets its object. */
async function readQuestion(question: unknown, command: Command, io: Io, preset?: AskPreset): Promise<AskRequest> {
  try {
    if (typeof question !== "string" || question.trim() === "") throw new InputError(noQuestion);
    return await readRequest(question, command.opts(), io, preset);
  } catch (error) {
    if (error instanceof InputError && command.opts().json === true)
      await write(
        io.stdout,
        failureText({ code: exitCodes.usage, words: error.message, status: "failed" }, { largestRequest: 0 }),
      );
    throw error;
  }
}

const noQuestion = `No question: rlm ask "QUESTION" --context PATH … (the question comes before --context, or behind --)`;

const description = `Answers a question over a context that is too long for a model to read: the model writes code that
searches the context, cuts it and asks sub-models about the pieces, in a sandbox.`;
