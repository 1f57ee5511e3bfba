import { mkdirSync } from "node:fs";
import { readFile, rm, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { SubCallCache } from "../cache.ts";
import { InputError, RlmError } from "../errors.ts";
import { sha256 } from "../hash.ts";
import { writeWholeFile } from "../whole-file.ts";
import { resolveCacheOptions, type CacheOptions } from "./cache-options.ts";
import { decodeEntry, encodeEntry } from "./entry-file.ts";
import { createSweeper } from "./sweep-folder.ts";

export type { CacheOptions } from "./cache-options.ts";

/**
 * A cache of sub-calls in a folder, made if it is not there: one file an entry, which only its owner can read. Several
 * processes may use it at once. A file that is damaged is a miss and goes. Throws {@link InputError} for a path that cannot
 * be a folder, and for options that cannot be.
 */
export function directoryCache(path: string, options: CacheOptions = {}): SubCallCache {
  const { maxBytes, ttlMs, namespace, now } = resolveCacheOptions(options, "directoryCache", { maxBytes: 250_000_000 });
  if (typeof path !== "string" || path === "")
    throw new InputError(`Expected directoryCache's path to be a folder, got ${JSON.stringify(path)}`);
  const root = resolve(path);
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new InputError(`Cannot keep a cache in ${root}: ${String(cause)}`, { cause });
  }
  const sweeper = createSweeper(root, maxBytes, now);
  return {
    namespace,
    async get(key) {
      const file = pathOf(root, key);
      const content = await readEntry(file);
      const entry = content === undefined ? undefined : decodeEntry(content, key);
      if (entry === undefined || now() - entry.savedAt >= ttlMs) {
        // One that cannot be removed is a miss all the same.
        if (content !== undefined) await rm(file, { force: true }).catch(() => {});
        return undefined;
      }
      // When it was used last; where the folder is read-only nothing is lost by not knowing.
      await utimes(file, now() / 1000, now() / 1000).catch(() => {});
      return entry.text;
    },
    async set(key, text) {
      const content = encodeEntry({ key, text, savedAt: now() });
      const bytes = Buffer.byteLength(content);
      if (bytes > maxBytes) return;
      try {
        const at = now() / 1000;
        await writeWholeFile(pathOf(root, key), async (file) => {
          await file.writeFile(content, "utf8");
          await file.utimes(at, at);
        });
        await sweeper.added(bytes);
      } catch (cause) {
        throw new RlmError("store", `Cannot keep an entry in the cache ${root}: ${String(cause)}`, { cause });
      }
    },
  };
}

function pathOf(root: string, key: string): string {
  const name = sha256(key);
  // 256 folders keep each small.
  return join(root, name.slice(0, 2), `${name.slice(2)}.entry`);
}

async function readEntry(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new RlmError("store", `Cannot read the cache entry ${file}: ${String(cause)}`, { cause });
  }
}
