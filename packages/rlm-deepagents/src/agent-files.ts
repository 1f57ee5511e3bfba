import type { BackendProtocolV2, FileData } from "deepagents";
import { RlmError } from "rlm-core";
import type { SubAgentReport, SubAgentState } from "./sub-agent-state.ts";

export interface FilesOptions {
  /** Where they are; without one, in the agent's state. */
  backend?: BackendProtocolV2;
  /** By path, whether the RLM has a file. */
  isTold: (path: string) => boolean;
}

/** The files of a deep agent, wherever it keeps them. */
export interface AgentFiles {
  /** Texts by path. Throws RlmError "store" where they cannot be listed. */
  read(signal?: AbortSignal): Promise<Record<string, string>>;
  /** `files`: what the agent's state has to take over. */
  write(path: string, text: string): Promise<{ error?: string | undefined; files?: SubAgentReport["files"] }>;
}

export function filesOf({ files = {} }: SubAgentState, { backend, isTold }: FilesOptions): AgentFiles {
  if (backend !== undefined) return filesIn(backend, isTold);
  const told = Object.entries(files).filter(([path]) => isTold(path));
  return {
    read: () => Promise.resolve(Object.fromEntries(told.map(([path, data]) => [path, textOf(data)]))),
    write: (path, text) => Promise.resolve({ files: { [path]: newFile(text) } }),
  };
}

function filesIn(backend: BackendProtocolV2, isTold: FilesOptions["isTold"]): AgentFiles {
  return {
    async read(signal) {
      const { files, error } = await backend.glob("**/*", "/");
      if (files === undefined)
        throw new RlmError("store", `Cannot list the files: ${error ?? "the backend gave none"}`);
      const texts: Record<string, string> = {};
      for (const { path, is_dir } of files) {
        if (is_dir === true || !isTold(path)) continue;
        signal?.throwIfAborted();
        const read = await backend.readRaw(path);
        texts[path] = read.data === undefined ? `(not readable: ${read.error ?? "no data"})` : textOf(read.data);
      }
      return texts;
    },
    // The backend tells the state by itself where that is where its files are.
    write: async (path, text) => ({ error: (await backend.write(path, text)).error }),
  };
}

function textOf({ content, ...data }: FileData): string {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.join("\n");
  const type = "mimeType" in data ? data.mimeType : "binary";
  return `(no text: ${type}, ${content.byteLength.toLocaleString("en-US")} bytes)`;
}

function newFile(content: string): FileData {
  const now = new Date().toISOString();
  return { content, mimeType: "text/plain", created_at: now, modified_at: now };
}
