import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { InputError, RlmError } from "rlm-core";
import { addAskOptions, type Given } from "../ask/ask-options.ts";
import { quoted, sameFlags } from "../ask/same-flags.ts";
import { tellingJson } from "../ask/telling-json.ts";
import type { Io } from "../io.ts";
import { plainLine } from "../plain-text.ts";
import { resumeThread } from "./resume-thread.ts";
import { resumeTrace } from "./resume-trace.ts";
import { knownThreads } from "./state-folder.ts";

/** `rlm resume`: goes on with a run that was stopped, of a thread or of a trace. */
export function resumeCommand(io: Io, ended: (code: number) => void): Command {
  const command = new Command("resume")
    .description(
      "Goes on with a run that was stopped (by Ctrl-C, a crash, a limit, a model that failed), without asking again for what is recorded.",
    )
    .summary("goes on with a run that was stopped")
    .argument(
      "<thread or trace>",
      "the id of a thread (rlm runs lists them), or the trace of a run; it comes before --context",
    )
    .allowExcessArguments(false)
    .addHelpText("after", help);
  addAskOptions(command, { resumes: true });
  return command.action(async (target: string) => {
    const given = command.opts<Given>();
    ended(await tellingJson(io, given.json === true, async () => await resume(target, given, command, io)));
  });
}

async function resume(target: string, given: Given, command: Command, io: Io): Promise<number> {
  if (target === "") throw new InputError('Expected the id of a thread or the path of a trace, got ""');
  const isFile = existsSync(resolve(io.cwd, target));
  if ((await threadsBeside(isFile, io)).includes(target)) {
    if (given.context !== undefined)
      throw new InputError(`Cannot give thread ${target} another context: it has its own; leave --context out`);
    return await resumeThread(target, given, io);
  }
  if (!isFile)
    throw new InputError(
      `Cannot resume ${plainLine(target, 200)}: it is no thread (rlm runs lists them), and there is no such file`,
    );
  const goOn = `rlm resume ${quoted(resolve(io.cwd, target))} ${sameFlags(command, new Set(["trace"]))}`;
  return await resumeTrace(target, given, goOn.trimEnd(), io);
}

/** All threads; none where their database cannot be read and a file is there that can. */
async function threadsBeside(isFile: boolean, io: Io): Promise<string[]> {
  return await knownThreads(io).catch((error: unknown) => {
    if (isFile && error instanceof RlmError) return [];
    throw error;
  });
}

const help = `
A thread (rlm ask --thread ID):
  Its question, contexts, model and flags are those that it was asked with; a flag here says otherwise, from now on.
  A limit that ended it is raised by its flag. Of a thread that is answered the recorded answer is given, with no model.
  One that waits for an approval asks here; without a terminal it waits on, and --approve none asks nothing any more.

A trace (the file that rlm ask names at its end, or that of --trace):
  It holds the question, the limits and the form of the answer, and goes on in the same file. It does not hold the
  context, the model, prices, a profile or --approve: give them again. The context is known by its hash: the same
  bytes, in any place; of a folder or a glob the paths count too. Another one is refused.

What is recorded is not asked again; calls in flight when the run was stopped are, and count at their reserved size.

Examples:
  $ rlm resume logs
  $ rlm resume logs --calls 500
  $ rlm resume logs --approve code,budget
  $ rlm resume run.jsonl --context app.log --model openai:gpt-5-mini

Exit codes:
  0 answered   1 failed   2 wrong usage or input: no such thread or trace, another context, no key
  3 answered at a limit   5 a thread that waits for an approval, and here is no terminal   130 interrupted (Ctrl-C)`;
