import type { FileData } from "deepagents";

/** A deep agent's model calls the sub-agent "rlm". */
export function deepTask(description: string, id = "task-1") {
  return { tool_calls: [{ name: "task", args: { description, subagent_type: "rlm" }, id }] };
}

/** A file as a deep agent's state has it. */
export function fileOf(content: string): FileData & { content: string } {
  const at = "2026-01-01T00:00:00Z";
  return { content, mimeType: "text/plain", created_at: at, modified_at: at };
}
