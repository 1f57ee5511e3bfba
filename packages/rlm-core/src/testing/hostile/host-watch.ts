import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What hostile code would take or change if it came out: a secret in the environment and in a file, and the host's own objects. */
export interface HostWatch {
  readonly canaryFile: string;
  /** Nothing of the host is in what a session gave out. */
  checkTexts(texts: readonly string[]): void;
  /** The host is as it was, and its event loop was never blocked. Throws AssertionError; ends the watch. */
  end(): Promise<void>;
}

/** Nothing that a sandbox does in its parent takes so long; a busy machine adds its own share. */
const mostBlockedMs = 2_000;

export async function watchHost(): Promise<HostWatch> {
  const secret = `canary-${randomUUID()}`;
  const folder = await mkdtemp(join(tmpdir(), "rlm-canary-"));
  const canaryFile = join(folder, "secret");
  await writeFile(canaryFile, secret);
  const variable = `RLM_CANARY_${process.pid}`;
  process.env[variable] = secret;
  const before = hostState();
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);
  process.on("unhandledRejection", hear);
  process.on("uncaughtException", hear);
  const stillness = watchLoop();

  return {
    canaryFile,
    checkTexts(texts) {
      const taken = texts.find((text) => text.includes(secret) || text.includes("ESCAPED"));
      assert.equal(taken, undefined, `Expected nothing of the host in what came out, got ${taken?.slice(0, 500)}`);
    },
    async end() {
      const blockedMs = stillness.end();
      // A rejection is told after the tasks that it came from.
      await new Promise((resolve) => setImmediate(resolve));
      process.off("unhandledRejection", hear);
      process.off("uncaughtException", hear);
      delete process.env[variable];
      await rm(folder, { recursive: true });
      assert.deepEqual(unheard, [], "Expected no error that nobody handles");
      assert.deepEqual(hostState(), before, "Expected the host to be as it was");
      assert.ok(
        blockedMs < mostBlockedMs,
        `Expected a free event loop, it was blocked for ${Math.round(blockedMs)} ms`,
      );
    },
  };
}

/** Measures the longest time in which this program did nothing else. */
function watchLoop(): { end(): number } {
  let last = performance.now();
  let longest = 0;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, lookMs);
  return {
    end() {
      clearInterval(timer);
      look();
      return longest;
    },
  };
}

const lookMs = 20;

function hostState(): unknown {
  const holders = { globalThis, Object, Function, Promise, process, "Object.prototype": Object.prototype };
  const prototypes = [Object, Array, Function, Promise, String, Map, Error, RegExp, Buffer].map(
    ({ name, prototype }) => [name, Reflect.ownKeys(prototype as object)] as const,
  );
  const own = Object.entries(holders).map(([name, holder]) => [name, Reflect.ownKeys(holder)] as const);
  return { exitCode: process.exitCode, cwd: process.cwd(), title: process.title, keys: [...own, ...prototypes] };
}
