import type { RlmError } from "../errors.ts";
import type { RunStore } from "../store.ts";
import { encodeEntry } from "./log-entry.ts";
import { checkedPieces, wholeText } from "./text-pieces.ts";

/** What a database keeps, in its own way: texts as bytes, logs as lines of JSON. */
export interface DatabaseParts {
  /** Where that is, for errors. */
  place(): string;
  texts: { put(text: string): Promise<string>; pieces(ref: string): AsyncIterable<Buffer> };
  logs: {
    append(key: string, line: string): void | Promise<void>;
    read(key: string): string[] | Promise<string[]>;
    list(prefix: string): string[] | Promise<string[]>;
    remove(key: string): void | Promise<void>;
  };
  /** What the database did not do, as an error that says so. */
  failure(action: string, cause: unknown): RlmError;
}

/** A run store over the tables of a database. */
export function databaseStore({ place, texts, logs, failure }: DatabaseParts): RunStore {
  return {
    durable: true,
    put: async (text) => await attempt(`keep a text of ${text.length} characters`, () => texts.put(text)),
    get: async (ref) => await wholeText(read(ref)),
    stream: read,
    async append(key, entry) {
      const line = encodeEntry(key, entry);
      await attempt(`append to log "${key}"`, () => logs.append(key, line));
    },
    read: async (key) =>
      await attempt(`read log "${key}"`, async () => (await logs.read(key)).map((line): unknown => JSON.parse(line))),
    list: async (prefix) => await attempt("list logs", () => logs.list(prefix)),
    delete: async (key) => await attempt(`delete log "${key}"`, () => logs.remove(key)),
  };

  async function* read(ref: string): AsyncGenerator<string> {
    try {
      yield* checkedPieces(ref, place(), texts.pieces(ref));
    } catch (cause) {
      throw failure(`read text ${ref}`, cause);
    }
  }

  async function attempt<T>(action: string, act: () => T | Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      throw failure(action, cause);
    }
  }
}
