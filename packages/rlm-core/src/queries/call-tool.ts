import { RlmError } from "../errors.ts";
import { misfit } from "../json-schema.ts";
import type { Run } from "../run.ts";
import type { CallValue, SubCall } from "../sandbox.ts";
import { isKit, type Tool } from "../tool.ts";
import { abortable } from "./abortable.ts";
import { startDeadline } from "./deadline.ts";

/** One call of a host tool, checked and bounded. Throws an error whose message the code may read. */
export async function callTool(
  call: SubCall,
  { depth, turn }: { depth: number; turn: number },
  run: Run,
  signal: AbortSignal,
): Promise<CallValue> {
  const tool = toolsAt(depth, run.tools).find(({ name }) => name === call.name);
  if (tool === undefined)
    throw new RlmError("tool", `Cannot call tools.${call.name ?? ""}: there is no such tool here`);
  const maxCalls = tool.maxCalls ?? 50;
  if (countToolCall(tool.name, { turn, id: call.id }, run) > maxCalls)
    throw new RlmError("tool", `Cannot call tools.${tool.name}: its ${maxCalls} calls are used up`);
  const args = parseArgs(call.prompt, tool);

  const deadline = startDeadline(run);
  try {
    return await runTool(tool, args, run, AbortSignal.any([signal, deadline.signal]));
  } finally {
    deadline.stop();
  }
}

/** Counts a call, once however often it is told of, and gives the number of those made. */
export function countToolCall(
  name: string,
  { turn, id }: { turn: number; id: number },
  { id: runId, toolCalls }: Pick<Run, "id" | "toolCalls">,
): number {
  const made = toolCalls.get(name) ?? new Set();
  toolCalls.set(name, made.add(`${runId}/${turn}.${id}`));
  return made.size;
}

async function runTool(tool: Tool, args: Record<string, unknown>, run: Run, signal: AbortSignal): Promise<CallValue> {
  if (tool.approve === true && !(await isApproved(tool, args, run, signal))) {
    throw new RlmError("tool", `Cannot call tools.${tool.name}: the call was not approved`);
  }
  const timeout = startTimeout(tool);
  const either = AbortSignal.any([signal, timeout.signal]);
  try {
    return toValue(await abortable(async () => await tool.run(args, { signal: either }), either), tool);
  } finally {
    timeout.stop();
  }
}

/** The host tools that a session of this depth has. */
export function toolsAt(depth: number, tools: Run["tools"]): Tool[] {
  return tools.filter((tool): tool is Tool => !isKit(tool) && (depth === 0 || tool.inherit === true));
}

function parseArgs(text: string, tool: Tool): Record<string, unknown> {
  const args: unknown = JSON.parse(text);
  const problem =
    typeof args !== "object" || args === null || Array.isArray(args)
      ? "expected one object."
      : misfit(args, tool.parameters);
  if (problem !== undefined)
    throw new RlmError("tool", `Cannot call tools.${tool.name} with these arguments: ${problem}`);
  return args as Record<string, unknown>;
}

async function isApproved(
  tool: Tool,
  args: Record<string, unknown>,
  { approve }: Run,
  signal: AbortSignal,
): Promise<boolean> {
  if (approve === undefined) {
    throw new RlmError("tool", `Cannot call tools.${tool.name}: it needs approval, and this run has nobody to ask`);
  }
  const approved: unknown = await abortable(() => approve({ tool: tool.name, args }), signal);
  return approved === true;
}

function startTimeout({ name, timeoutMs = 60_000 }: Tool): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const stop = new RlmError("tool", `Cannot wait for tools.${name} any longer: it took more than ${timeoutMs} ms`);
  const timer = setTimeout(() => controller.abort(stop), timeoutMs);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

function toValue(result: unknown, { name, maxResultChars = 1_000_000 }: Tool): CallValue {
  const json = typeof result !== "string";
  const text = json ? (JSON.stringify(result) ?? "null") : result;
  if (text.length > maxResultChars) {
    throw new RlmError(
      "tool",
      `Cannot pass on the result of tools.${name}: it has ${text.length} characters, at most ${maxResultChars} are let through`,
    );
  }
  return { text, json };
}
