import { BudgetError, RlmError } from "../errors.ts";
import { answerText, withoutThinking } from "../parse-reply.ts";
import { count } from "../prompt/surface.ts";
import type { Run } from "../run.ts";
import { askOnce, type Answered, type Ask } from "./ask-once.ts";
import { warn } from "./warn.ts";

/**
 * One question to a model on the run's budget; a reply that is cut or empty is asked for once more.
 * Throws {@link BudgetError} where a limit refuses it, RlmError "model" where the model fails, or the signal's reason.
 */
export async function askModel(ask: Ask, run: Run): Promise<Answered> {
  const room = run.limits.maxOutputTokens;
  let first;
  try {
    first = await askOnce(ask, room, run);
  } catch (error) {
    if (error instanceof BudgetError) run.refused = error;
    throw error;
  }
  const flaw = flawOf(first, ask);
  if (flaw === undefined) return first;
  return await askAgain(first, flaw, flaw === "cut" ? 2 * room : room, ask, run);
}

/** `cut`: it needs more room; `empty`: nothing but what was thought, if that. */
type Flaw = "cut" | "empty";

function flawOf({ text, cut, toolCalls }: Answered, { purpose, depth }: Ask): Flaw | undefined {
  if (cut) return "cut";
  if (toolCalls !== undefined && endsRun(purpose, depth)) return undefined;
  const said = purpose === "root" ? withoutThinking(text) : answerText(text);
  return said.trim() === "" ? "empty" : undefined;
}

/** Whether a reply to this is the run's, so that calls of functions in it end the run: others have nobody to call them. */
function endsRun(purpose: Ask["purpose"], depth: number): boolean {
  return depth === 0 && purpose !== "sub" && purpose !== "compact";
}

async function askAgain(first: Answered, flaw: Flaw, room: number, ask: Ask, run: Run): Promise<Answered> {
  const { maxOutputTokens } = run.limits;
  const what =
    flaw === "cut"
      ? `was cut at ${count(maxOutputTokens)} tokens (limits.maxOutputTokens), and asked for again with room for ${count(room)}`
      : "was empty, and asked for again";
  let second;
  try {
    second = await askOnce(ask, room, run);
  } catch (error) {
    // What ends the run ends it here too; anything else leaves the first reply as it is.
    const mends = error instanceof BudgetError || (error instanceof RlmError && error.code === "model");
    if (!mends || ask.signal.aborted) throw error;
    tell(`without a reply: ${error.message}. The first one is taken as it is`, "failed");
    return first;
  }
  const usage = sum(first, second);
  const left = flawOf(second, ask);
  if (left === undefined) {
    tell("which helped", "helped");
    return { ...second, usage };
  }
  tell(left === "cut" ? "but cut again: the longer one is taken as it is" : "but empty again", left);
  return { ...(second.text.length > first.text.length ? second : first), usage };

  function tell(outcome: string, then: string): void {
    const message = `A reply of the model "${first.model}" ${what}, ${outcome}`;
    warn(message, { kind: `${flaw} ${then} ${first.model}`, depth: ask.depth }, run);
  }
}

function sum({ usage: a }: Answered, { usage: b }: Answered): Answered["usage"] {
  const estimated = a.estimated === true || b.estimated === true;
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...(estimated && { estimated }),
  };
}
