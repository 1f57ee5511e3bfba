import { createReadStream, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, describe, expect, it } from "vitest";
import { openAIServer } from "./openai-server.ts";
import { groupOf, openFilesOf, startProgram, type Started } from "./start-program.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-leaves-"));
afterAll(() => rmSync(folder, { recursive: true }));

const talks = [1, 2, 3].map((part) => resolve(import.meta.dirname, `../examples/data/sotu/sotu-${part}.jsonl`));
const question = "Which presidents spoke of the Panama Canal, in which years, and how often?";
/** Each is copied to a temporary file before it is asked about. */
const contexts = ["stdin", "files"] as const;

describe("rlm ask --no-trace leaves no process and no temporary file", () => {
  it.each(contexts)("after an answer over %s", async (context) => {
    const { ended, left } = ask(context, ["-m", "offline", "--delay", "0"]);
    expect(await ended).toBe(0);
    expect(left()).toEqual([]);
  });

  it.each(contexts)("after a limit before any answer, over %s", async (context) => {
    const { ended, left } = ask(context, ["-m", "offline", "--delay", "0", "--tokens", "100"]);
    expect(await ended).toBe(1);
    expect(left()).toEqual([]);
  });

  it.each(contexts)("after an error of the model, over %s", async (context) => {
    await using server = await openAIServer(() => ({ status: 401, body: { error: { message: "no" } } }));
    const { ended, left } = ask(context, ["-m", "openai:x", "--base-url", server.baseUrl]);
    expect(await ended).toBe(2);
    expect(left()).toEqual([]);
  });

  it("after a trace that cannot be written", async () => {
    const { ended, left } = ask("files", ["-m", "offline", "--trace", join(folder, "nowhere", "trace.jsonl")]);
    expect(await ended).toBe(2);
    expect(left()).toEqual([]);
  });

  it.each(
    contexts.flatMap((context) =>
      (
        [
          ["SIGINT", 130],
          ["SIGTERM", 130],
          ["SIGHUP", 130],
          // Nothing in the program hears of it.
          ["SIGKILL", null],
        ] as const
      ).map(([signal, code]) => ({ context, signal, code })),
    ),
  )("after $signal in the middle of sub-calls over $context", async ({ context, signal, code }) => {
    const { pid, line, ended, left, temporary } = ask(context, ["-m", "offline", "--delay", "700"]);
    await line("sub-calls start");
    // It has both: what is looked for afterwards is there now.
    expect(groupOf(pid).length).toBeGreaterThan(1);
    expect(openFilesOf(pid).filter((path) => path.startsWith(temporary))).not.toEqual([]);
    process.kill(pid, signal);
    expect(await ended).toBe(code);
    await expect.poll(left, { timeout: 2_000 }).toEqual([]);
  });

  it("after a second SIGINT", async () => {
    const { pid, line, ended, left } = ask("stdin", ["-m", "offline", "--delay", "700"]);
    await line("sub-calls start");
    process.kill(pid, "SIGINT");
    process.kill(pid, "SIGINT");
    // By the signal itself, if that comes when all is given back already.
    expect([130, null]).toContain(await ended);
    await expect.poll(left, { timeout: 2_000 }).toEqual([]);
  });
});

/** `rlm ask` with a folder for temporary files of its own; `left` is what there is of it. */
function ask(context: (typeof contexts)[number], args: string[]): Started & { temporary: string; left(): string[] } {
  const temporary = mkdtempSync(join(folder, "temporary-"));
  const given = context === "stdin" ? ["-"] : talks;
  const started = startProgram(
    "packages/rlm-cli/bin/rlm.js",
    ["ask", question, "--context", ...given, ...(args.includes("--trace") ? [] : ["--no-trace"]), ...args],
    { stdin: context === "stdin", env: { TMPDIR: temporary, OPENAI_API_KEY: "test" } },
  );
  // It may be gone before it has read all.
  if (started.stdin !== null) pipeline(talk(), started.stdin).catch(() => {});
  return {
    ...started,
    temporary,
    left: () => [...groupOf(started.pid).map((pid) => `process ${pid}`), ...readdirSync(temporary)],
  };
}

async function* talk(): AsyncGenerator<Buffer> {
  for (const path of talks) yield* createReadStream(path) as AsyncIterable<Buffer>;
}
