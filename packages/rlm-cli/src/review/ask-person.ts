import { InputError, type Approve, type Decision, type ReviewRequest } from "rlm-core";
import { checkDecision } from "rlm-core/driver";
import { inFlags, limitReader } from "../ask/limit-flags.ts";
import { plainJson } from "../ask/plain-answer.ts";
import type { Io } from "../io.ts";
import { plainText, visibleText } from "../plain-text.ts";
import { editText, hasEditor } from "./edit-text.ts";
import { readLines } from "./read-lines.ts";
import { choicesFor, reviewWords } from "./review-words.ts";
import type { Terminal } from "./terminal.ts";

export interface AskPersonOptions {
  io: Pick<Io, "stderr" | "env">;
  terminal: Terminal;
  signal: AbortSignal;
  /** Stops the run, as Ctrl-C does. */
  quit(): void;
  /** Nothing else is written, and Ctrl-C is not heard, while a person has the terminal for this. */
  alone<T>(work: () => Promise<T>, options?: { deaf?: boolean }): Promise<T>;
}

/** Asks a person at a terminal, one question after the other. */
export function askPerson({ io, terminal, signal, quit, alone }: AskPersonOptions): Approve {
  const toAll = new Set<ReviewRequest["kind"]>();
  let queue: Promise<unknown> = Promise.resolve();
  return async (request) => {
    const asked = queue.then(async () => {
      signal.throwIfAborted();
      return toAll.has(request.kind) ? true : await alone(async () => await ask(request));
    });
    queue = asked.catch(() => {});
    return await asked;
  };

  async function ask(request: ReviewRequest): Promise<Decision> {
    tell(`\n${reviewWords(request, io.stderr.columns || 80)}`);
    for (;;) {
      const decision = await decisionOf(await line(choicesFor(request)), request);
      if (decision !== undefined) return decision;
    }
  }

  /** Undefined: it is to be asked again. */
  async function decisionOf(typed: string, request: ReviewRequest): Promise<Decision | undefined> {
    const key = typed.trim().toLowerCase();
    if (key === "y" || key === "yes") return { type: "approve" };
    if (key === "a" || key === "all") {
      toAll.add(request.kind);
      return { type: "approve" };
    }
    if (key === "q" || key === "quit") {
      quit();
      signal.throwIfAborted();
    }
    if (key === "n" || key === "no") return await rejection(request);
    try {
      if ((key === "e" || key === "edit") && request.kind !== "budget") return await edited(request);
      if (request.kind === "budget" && key !== "")
        return checked({ type: "approve", max: limitReader(request.limit)(key) }, request);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      signal.throwIfAborted();
      tell(plainText(inFlags(error.message)));
      return undefined;
    }
    tell(
      key === ""
        ? "Type one of the letters, and Enter."
        : `There is no choice ${JSON.stringify(visibleText(typed).trim().slice(0, 40))}.`,
    );
    return undefined;
  }

  async function rejection(request: ReviewRequest): Promise<Decision> {
    if (request.kind === "budget") return { type: "reject" };
    const message = (await line("What should be different? It is told to the model (Enter: nothing): ")).trim();
    return { type: "reject", ...(message !== "" && { message }) };
  }

  async function edited(request: Exclude<ReviewRequest, { kind: "budget" }>): Promise<Decision | undefined> {
    const isText = request.kind === "code" || (request.kind === "answer" && typeof request.answer === "string");
    const before =
      request.kind === "code"
        ? request.code
        : request.kind === "tool"
          ? plainJson(request.args, 2)
          : textOf(request.answer);
    const name = request.kind === "code" ? "code.js" : isText ? "answer.txt" : `${request.kind}.json`;
    const after = hasEditor(io)
      ? await alone(async () => await editText(before, name, io, terminal), { deaf: true })
      : await retyped(isText ? "text" : "JSON");
    if (after.trim() === before.trim()) {
      tell("Nothing was changed.");
      return undefined;
    }
    if (request.kind === "code") return checked({ type: "edit", code: after }, request);
    const value: unknown = isText ? after.trim() : parsed(after);
    return checked(request.kind === "tool" ? { type: "edit", args: value } : { type: "edit", answer: value }, request);
  }

  function tell(text: string): void {
    io.stderr.write(`${text}\n`);
  }

  /** For whoever has no editor set. */
  async function retyped(what: string): Promise<string> {
    const prompt = `Type the ${what} anew, and a line with only a dot at its end (VISUAL or EDITOR would open it in that program):\n`;
    return (await lines(prompt, (line) => line.trim() === ".")).slice(0, -1).join("\n");
  }

  async function line(prompt: string): Promise<string> {
    return (await lines(prompt, () => true)).join("");
  }

  async function lines(prompt: string, isLast: (line: string) => boolean): Promise<string[]> {
    io.stderr.write(prompt);
    const read = await readLines(terminal.input, isLast, signal);
    if (read !== undefined) return read;
    // Ctrl-D, or the terminal is gone.
    io.stderr.write("\n");
    quit();
    signal.throwIfAborted();
    throw new InputError("Cannot ask: the terminal is gone");
  }
}

function checked(decision: unknown, request: ReviewRequest): Decision {
  return checkDecision(decision, request);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : plainJson(value, 2);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(`Cannot use what was edited: it is not JSON; ${String(cause)}`, { cause });
  }
}
