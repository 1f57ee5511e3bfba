import type { StreamMode } from "@langchain/langgraph";
import { InputError } from "rlm-core";

/** LangGraph streams nothing for a mode that it does not know, and says nothing. Throws {@link InputError}. */
export function checkStreamMode(mode: unknown): void {
  const given: unknown[] = Array.isArray(mode) ? mode : [mode];
  const unknown = given.find((one) => typeof one !== "string" || !Object.hasOwn(modes, one));
  if (unknown === undefined && given.length > 0) return;
  throw new InputError(
    `Expected streamMode to be one of ${Object.keys(modes).join(", ")}, or several in a list, got ${JSON.stringify(unknown ?? mode)}`,
  );
}

// All of them, says the type.
const modes: Record<StreamMode, true> = {
  values: true,
  updates: true,
  messages: true,
  custom: true,
  tasks: true,
  checkpoints: true,
  tools: true,
  debug: true,
};
