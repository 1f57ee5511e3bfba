import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineTool } from "../define-tool.ts";
import { scriptedRun } from "../testing/scripted-run.ts";
import type { Tool } from "../tool.ts";
import { callTool } from "./call-tool.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

type Bounds = Pick<Tool, "timeoutMs" | "maxResultChars">;
type Work = (signal: AbortSignal) => unknown;

/** Calls the host tool `work` of the kit "heavy". */
async function callOf(work: Work, bounds: Bounds = {}, signal = new AbortController().signal): Promise<unknown> {
  const tool = defineTool({
    name: "work",
    description: "",
    parameters: { type: "object" },
    ...bounds,
    run: (_, options) => work(options.signal),
  });
  const { run } = scriptedRun([], [], { tools: [{ name: "heavy", functions: {}, tools: [tool] }] });
  const call = { id: 1, hash: "", kind: "tool", name: "heavy.work", prompt: "{}", options: {} } as const;
  return await callTool(call, { depth: 0, turn: 1 }, run, signal);
}

/** Never ends by itself; `heard` is why it was aborted. */
function endless(): { work: Work; heard: Promise<unknown>; signal: () => AbortSignal | undefined } {
  const { promise: heard, resolve } = Promise.withResolvers<unknown>();
  let given: AbortSignal | undefined;
  const work = (signal: AbortSignal): Promise<never> => {
    given = signal;
    signal.addEventListener("abort", () => resolve(signal.reason));
    return new Promise(() => {});
  };
  return { work, heard, signal: () => given };
}

describe("a host tool of a kit", () => {
  it.each([
    [{ timeoutMs: 5_000 }, 5_000],
    [{}, 60_000],
  ])(
    "callTool() with %j waits that long, to the millisecond, aborts the call then, and says so",
    async (bounds, ms) => {
      const { work, heard, signal } = endless();
      const called = callOf(work, bounds);
      const failed = expect(called).rejects.toMatchObject({
        code: "tool",
        message: `Cannot wait for heavy.work any longer: it took more than ${ms} ms`,
      });
      await vi.advanceTimersByTimeAsync(ms - 1);
      expect(signal()?.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await failed;
      expect(await heard).toMatchObject({ code: "tool" });
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("callTool() takes no notice of what comes after the time, and leaves no rejection unhandled", async () => {
    const late = Promise.withResolvers<string>();
    const called = callOf(() => late.promise, { timeoutMs: 10 });
    const failed = expect(called).rejects.toThrow("it took more than 10 ms");
    await vi.advanceTimersByTimeAsync(10);
    await failed;
    late.reject(new Error("too late"));
    await vi.advanceTimersByTimeAsync(0);
  });

  it("callTool() leaves no clock behind a call that came in time, or failed", async () => {
    let signal: AbortSignal | undefined;
    expect(await callOf((given) => ((signal = given), "done"), { timeoutMs: 10 })).toEqual({
      text: "done",
      json: false,
    });
    await expect(callOf(() => Promise.reject(new Error("no route")), { timeoutMs: 10 })).rejects.toThrow("no route");
    expect(vi.getTimerCount()).toBe(0);
    expect(signal?.aborted).toBe(false);
  });

  it("callTool() aborts the call where the run is stopped, with the run's reason", async () => {
    const stop = new AbortController();
    const { work, heard } = endless();
    const called = callOf(work, { timeoutMs: 10 }, stop.signal);
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(called).rejects.toBe(reason);
    expect(await heard).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
    const asked = vi.fn();
    await expect(callOf(asked, {}, stop.signal)).rejects.toBe(reason);
    expect(asked).not.toHaveBeenCalled();
  });

  it.each([
    ["a text", "x".repeat(12), "x".repeat(13)],
    ["data, as JSON", ["x".repeat(8)], ["x".repeat(9)]],
    ["letters of two units", "🌏".repeat(6), `${"🌏".repeat(6)}x`],
  ])("callTool() lets %s of maxResultChars through, and none with one more", async (_, fits, over) => {
    const { text } = (await callOf(() => fits, { maxResultChars: 12 })) as { text: string };
    expect(text).toBe(typeof fits === "string" ? fits : JSON.stringify(fits));
    await expect(callOf(() => over, { maxResultChars: 12 })).rejects.toMatchObject({
      code: "tool",
      message: "Cannot pass on the result of heavy.work: it has 13 characters, at most 12 are let through",
    });
  });

  it("callTool() lets a million characters through where maxResultChars says nothing", async () => {
    expect(await callOf(() => "x".repeat(1_000_000))).toMatchObject({ json: false });
    await expect(callOf(() => "x".repeat(1_000_001))).rejects.toThrow("it has 1000001 characters, at most 1000000");
  });
});
