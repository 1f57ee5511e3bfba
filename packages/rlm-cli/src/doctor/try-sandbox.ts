import type { Sandbox, SessionOptions } from "rlm-core";

/** Opens a session and computes something in it. Never throws. */
export async function trySandbox(sandbox: Sandbox): Promise<{ works: boolean; problem?: string; startMs?: number }> {
  const begin = performance.now();
  try {
    const session = await sandbox.open(smallest);
    await using closing = new AsyncDisposableStack();
    closing.defer(() => session.close());
    const progress = await session.run({ code: "6 * 7", clock: 0 });
    const startMs = Math.round(performance.now() - begin);
    const printed = progress.kind === "done" ? (progress.error?.message ?? progress.output.text.trim()) : progress.kind;
    return printed === "42" ? { works: true, startMs } : { works: false, problem: `6 * 7 came to: ${printed}` };
  } catch (error) {
    return { works: false, problem: error instanceof Error ? error.message : String(error) };
  } finally {
    await sandbox.close();
  }
}

const smallest: SessionOptions = {
  contexts: [],
  read: async () => "",
  async *stream() {},
  seed: 1,
  queries: false,
  tools: [],
  kits: [],
  limits: { promptChars: 1_000, outputChars: 1_000, computeMs: 10_000, heapMb: 64, answerChars: 1_000 },
};
