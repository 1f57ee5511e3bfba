import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { InputError, type RunStore } from "rlm-core";

/** What a run needs to be resumed in another process: `createRlm({ model, store, checkpointer })`. Both are in one database. */
export interface Persistence {
  store: RunStore;
  checkpointer: BaseCheckpointSaver;
  /** Gives the database back; call it when no run uses it any more. */
  close(): Promise<void>;
}

/** The {@link InputError} for a package that could not be loaded. */
export function notInstalled(entry: string, packages: string, cause: unknown): InputError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const state = code === "ERR_MODULE_NOT_FOUND" ? `a package is not installed; npm install ${packages}` : String(cause);
  return new InputError(`Cannot use ${entry}: ${state}`, { cause });
}
