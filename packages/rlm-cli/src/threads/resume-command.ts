import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { InputError } from "rlm-core";
import { addAskOptions, type Given } from "../ask/ask-options.ts";
import { tellingJson } from "../ask/telling-json.ts";
import type { Io } from "../io.ts";
import { plainLine } from "../plain-text.ts";
import { resumeThread } from "./resume-thread.ts";
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
    ended(await tellingJson(io, given.json === true, async () => await resume(target, given, io)));
  });
}

async function resume(target: string, given: Given, io: Io): Promise<number> {
  if ((await knownThreads(io)).includes(target)) {
    if (given.context !== undefined)
      throw new InputError(`Cannot give thread ${target} another context: it has its own; leave --context out`);
    return await resumeThread(target, given, io);
  }
  throw new InputError(
    `Cannot resume ${plainLine(target, 200)}: it is no thread (rlm runs lists them)${existsSync(resolve(io.cwd, target)) ? "" : ", and there is no such file"}`,
  );
}

const help = `
`;
