import { RlmError } from "../errors.ts";
import type { ReviewEvent } from "../journal.ts";
import { misfit } from "../json-schema.ts";
import type { ToolReview } from "../review.ts";
import type { Run } from "../run.ts";
import type { CallValue, SubCall } from "../sandbox.ts";
import { calledAs, isKit, kitToolName, type Tool } from "../tool.ts";
import { abortable } from "./abortable.ts";
import { startDeadline } from "./deadline.ts";

/** One call of a host tool, checked and bounded. `said`: by a person, of a tool with `approve`. Throws an error whose message the code may read. */
export async function callTool(
  call: SubCall,
  { depth, turn }: { depth: number; turn: number },
  run: Run,
  signal: AbortSignal,
  said?: ReviewEvent,
): Promise<CallValue> {
  const tool = toolsAt(depth, run.tools).find(({ name }) => name === call.name);
  if (tool === undefined)
    throw new RlmError("tool", `Cannot call ${calledAs(call.name ?? "")}: there is no such tool here`);
  const maxCalls = tool.maxCalls ?? 50;
  if (countToolCall(tool.name, { turn, id: call.id }, run) > maxCalls)
    throw new RlmError("tool", `Cannot call ${calledAs(tool.name)}: its ${maxCalls} calls are used up`);
  const given = parseArgs(call.prompt, tool);
  const args = tool.approve === true ? approvedArgs(tool, given, said) : given;

  const deadline = startDeadline(run);
  try {
    return await runTool(tool, args, AbortSignal.any([signal, deadline.signal]));
  } finally {
    deadline.stop();
  }
}

/** Counts a call, once however often it is told of, and gives its number among those made. */
export function countToolCall(
  name: string,
  { turn, id }: { turn: number; id: number },
  { id: runId, toolCalls }: Pick<Run, "id" | "toolCalls">,
): number {
  const made = toolCalls.get(name) ?? new Set();
  const call = `${runId}/${turn}.${id}`;
  toolCalls.set(name, made.add(call));
  return [...made].indexOf(call) + 1;
}

async function runTool(tool: Tool, args: Record<string, unknown>, signal: AbortSignal): Promise<CallValue> {
  const timeout = startTimeout(tool);
  const either = AbortSignal.any([signal, timeout.signal]);
  try {
    return toValue(await abortable(async () => await tool.run(args, { signal: either }), either), tool);
  } finally {
    timeout.stop();
  }
}

/** The host tools that a session of this depth has, those of its kits among them. */
export function toolsAt(depth: number, tools: Run["tools"]): Tool[] {
  return tools.flatMap((tool) => {
    if (isKit(tool)) return (tool.tools ?? []).map((own) => ofKit(tool.name, own));
    return depth === 0 || tool.inherit === true ? [tool] : [];
  });
}

function ofKit(kit: string, tool: Tool): Tool {
  return { ...tool, name: kitToolName(kit, tool.name), run: (args, options) => tool.run(args, options) };
}

/** The arguments of a call that a person is to be asked about; undefined for one that runs, or fails, without. */
export function argsToApprove(
  call: SubCall,
  { depth, turn }: { depth: number; turn: number },
  run: Run,
): ToolToApprove | undefined {
  if (call.kind !== "tool" || (run.approve === undefined && !run.asksLater)) return undefined;
  const tool = toolsAt(depth, run.tools).find(({ name }) => name === call.name);
  if (tool?.approve !== true) return undefined;
  if (countToolCall(tool.name, { turn, id: call.id }, run) > (tool.maxCalls ?? 50)) return undefined;
  try {
    return { tool: tool.name, args: parseArgs(call.prompt, tool), parameters: tool.parameters };
  } catch {
    // What is wrong with them the code is told when it is called.
    return undefined;
  }
}

type ToolToApprove = Pick<ToolReview, "tool" | "args" | "parameters">;

function parseArgs(text: string, tool: Tool): Record<string, unknown> {
  const args: unknown = JSON.parse(text);
  const problem =
    typeof args !== "object" || args === null || Array.isArray(args)
      ? "expected one object."
      : misfit(args, tool.parameters);
  if (problem !== undefined)
    throw new RlmError("tool", `Cannot call ${calledAs(tool.name)} with these arguments: ${problem}`);
  return args as Record<string, unknown>;
}

function approvedArgs(
  { name }: Tool,
  given: Record<string, unknown>,
  said: ReviewEvent | undefined,
): Record<string, unknown> {
  if (said === undefined)
    throw new RlmError("tool", `Cannot call ${calledAs(name)}: it needs approval, and this run has nobody to ask`);
  if (said.decision !== "reject") return said.args ?? given;
  const why = said.message === undefined || said.message === "" ? "" : `: ${said.message}`;
  throw new RlmError("tool", `Cannot call ${calledAs(name)}: the call was not approved${why}`);
}

function startTimeout({ name, timeoutMs = 60_000 }: Tool): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const stop = new RlmError("tool", `Cannot wait for ${calledAs(name)} any longer: it took more than ${timeoutMs} ms`);
  const timer = setTimeout(() => controller.abort(stop), timeoutMs);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

function toValue(result: unknown, { name, maxResultChars = 1_000_000 }: Tool): CallValue {
  const json = typeof result !== "string";
  const text = json ? (JSON.stringify(result) ?? "null") : result;
  if (text.length > maxResultChars) {
    throw new RlmError(
      "tool",
      `Cannot pass on the result of ${calledAs(name)}: it has ${text.length} characters, at most ${maxResultChars} are let through`,
    );
  }
  return { text, json };
}
