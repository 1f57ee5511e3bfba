import { RlmError } from "../errors.ts";
import type { RunStore } from "../store.ts";
import { textRefInTurns } from "../text-ref.ts";
import { encodeEntry } from "./log-entry.ts";

/** A run store that lives as long as the process. */
export function memoryStore(): RunStore {
  const texts = new Map<string, string>();
  const logs = new Map<string, string[]>();
  return {
    durable: false,
    async put(text) {
      const ref = await textRefInTurns(text);
      texts.set(ref, text);
      return ref;
    },
    async get(ref) {
      const text = texts.get(ref);
      if (text === undefined) throw new RlmError("store", `Cannot read text ${ref}: it is not in this store`);
      return text;
    },
    async append(key, entry) {
      const line = encodeEntry(key, entry);
      const lines = logs.get(key);
      if (lines === undefined) logs.set(key, [line]);
      else lines.push(line);
    },
    async read(key) {
      return (logs.get(key) ?? []).map((line): unknown => JSON.parse(line));
    },
    async list(prefix) {
      return [...logs.keys()].filter((key) => key.startsWith(prefix)).sort();
    },
    async delete(key) {
      logs.delete(key);
    },
  };
}
