import { Command } from "commander";
import { InputError } from "rlm-core";
import { plainJson } from "../ask/plain-answer.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { plainText } from "../plain-text.ts";
import { write } from "../write.ts";
import { deleteThread } from "./delete-thread.ts";
import { hasState, openState, stateFolder } from "./state-folder.ts";
import { summaries } from "./summaries.ts";
import { tableOf } from "./table.ts";
import { withThread } from "./with-thread.ts";

/** `rlm runs`: the threads that are kept, and what became of them. */
export function runsCommand(io: Io, ended: (code: number) => void): Command {
  return new Command("runs")
    .description(
      "Lists the threads of rlm ask --thread, newest first: what was asked, what became of it, and what it took.",
    )
    .summary("lists what rlm ask --thread keeps")
    .option("--json", "one JSON array: id, at, status, limit, error, question, questions, calls, tokens, costUsd")
    .option("--delete <id>", "deletes a thread, with its copies of contexts")
    .allowExcessArguments(false)
    .addHelpText("after", help)
    .action(async (given: { json?: true; delete?: string }) => {
      if (given.delete === undefined) await list(io, given.json === true);
      else await remove(given.delete, io);
      ended(exitCodes.answered);
    });
}

async function list(io: Io, json: boolean): Promise<void> {
  if (!hasState(io)) {
    if (json) await write(io.stdout, "[]\n");
    else io.stderr.write(plainText(`${none(stateFolder(io))}\n`));
    return;
  }
  const state = await openState(io);
  try {
    const threads = await summaries(state);
    if (json) await write(io.stdout, `${plainJson(threads)}\n`);
    else if (threads.length === 0) io.stderr.write(plainText(`${none(state.folder)}\n`));
    else await write(io.stdout, tableOf(threads, io.stdout.isTTY === true ? (io.stdout.columns ?? 80) : Infinity));
  } finally {
    await state.close();
  }
}

async function remove(id: string, io: Io): Promise<void> {
  if (!hasState(io)) throw new InputError(`Cannot delete thread ${id}: there are no threads in ${stateFolder(io)}`);
  await withThread(id, io, async (thread, state) => {
    if (thread.questions.length === 0)
      throw new InputError(`Cannot delete thread ${id}: there is none of that name; rlm runs lists them`);
    const { texts } = await deleteThread(thread, state);
    io.stderr.write(plainText(`${deleted(id, texts)}\n`));
  });
}

function none(folder: string): string {
  return `No threads in ${folder}: rlm ask --thread ID "QUESTION" --context PATH begins one`;
}

function deleted(id: string, texts: "gone" | "stay"): string {
  const what = `Deleted thread ${id}: its questions, answers, checkpoints, logs and copies of contexts.`;
  return texts === "gone"
    ? `${what} It was the last: the texts of all threads are deleted too.`
    : `${what} Texts that its runs put into the database (prompts, results) may be those of other threads too: they stay, and go with the last thread.`;
}

const help = `
Status:
  answered    rlm resume ID gives the answer again
  stopped     by Ctrl-C or a signal; rlm resume ID goes on
  failed      a model, a limit or the sandbox; rlm resume ID goes on, with a raised limit where it was one
  waiting     for an approval; rlm resume ID asks for it
  running     another process works on it
  died        its process is gone, and nothing was told; rlm resume ID goes on

Examples:
  $ rlm runs
  $ rlm runs --json | jq -r '.[] | select(.status == "died") | .id'
  $ rlm runs --delete logs

Environment:
  RLM_HOME  the folder of threads (default: rlm in $XDG_STATE_HOME, else in ~/.local/state); for this user alone`;
