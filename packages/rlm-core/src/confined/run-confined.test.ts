import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runConfined, type ConfinedOptions } from "./run-confined.ts";

const file = fileURLToPath(new URL("testing/echo.mjs", import.meta.url));

function run(input: string, options: Partial<ConfinedOptions> = {}): Promise<string> {
  const bounds = { timeoutMs: 10_000, memoryMb: 200, outputChars: 100, ...options };
  return runConfined({ file, readable: [file] }, Buffer.from(input), bounds);
}

describe("runConfined()", () => {
  it("gives the bytes to the program and its text back", async () => {
    expect(await run("한글")).toBe("한글");
  });

  it("lets it read nothing else, and gives it nothing of the environment", async () => {
    expect(await run("read")).toMatch(/^(ERR_ACCESS_DENIED|EMFILE)$/);
    expect(await run("environment")).not.toContain("PATH");
  });

  it("kills it for its time and its memory", async () => {
    await expect(run("hang", { timeoutMs: 100 })).rejects.toMatchObject({ how: "timeout" });
    await expect(run("take memory")).rejects.toMatchObject({ how: "memory" });
  });

  it("tells what its function throws, and that it ends without an answer", async () => {
    await expect(run("throw away")).rejects.toMatchObject({ name: "ProgramError", message: "throw away" });
    await expect(run(`throw ${"x".repeat(1_000)}`)).rejects.toMatchObject({ name: "ProgramError" });
    await expect(run("never")).rejects.toMatchObject({ how: "exit" });
  });

  it("takes no longer output than allowed", async () => {
    await expect(run("x".repeat(101))).rejects.toThrow("no text of at most 100 characters");
    await expect(run("x".repeat(5_000))).rejects.toMatchObject({ how: "bad-frame" });
  });

  it("ends at an abort, with its reason", async () => {
    const reason = new Error("enough");
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 200);
    const begin = performance.now();
    await expect(run("hang", { signal: stop.signal })).rejects.toBe(reason);
    // Long before its own time is over.
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});
