import { expect, it } from "vitest";
import { createSemaphore } from "./semaphore.ts";

const never = new AbortController().signal;

it("createSemaphore() runs at most so many at once, in order, and gives results and errors through", async () => {
  const semaphore = createSemaphore(2);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
  const started: number[] = [];
  const results = gates.map(({ promise }, index) => semaphore(() => (started.push(index), promise), never));
  await turnOfTheLoop();
  expect(started).toEqual([0, 1]);
  gates[1]?.reject(new Error("failed"));
  await expect(results[1]).rejects.toThrow("failed");
  await turnOfTheLoop();
  expect(started).toEqual([0, 1, 2]);
  for (const [index, gate] of gates.entries()) gate.resolve(index);
  expect(await Promise.all([results[0], results[2], results[3]])).toEqual([0, 2, 3]);
});

it("createSemaphore() rejects at once when the signal aborts while waiting, and never starts that work", async () => {
  const semaphore = createSemaphore(1);
  const gate = Promise.withResolvers<void>();
  const first = semaphore(() => gate.promise, never);
  const controller = new AbortController();
  let started = false;
  const waiting = semaphore(async () => void (started = true), controller.signal);
  controller.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  await expect(semaphore(async () => 1, controller.signal)).rejects.toThrow("stopped");
  gate.resolve();
  await first;
  expect(await semaphore(async () => "next", never)).toBe("next");
  expect(started).toBe(false);
});

it("createSemaphore() leaves it to work that has begun to end on an abort", async () => {
  const semaphore = createSemaphore(1);
  const controller = new AbortController();
  const gate = Promise.withResolvers<string>();
  const running = semaphore(() => gate.promise, controller.signal);
  await turnOfTheLoop();
  controller.abort(new Error("stopped"));
  gate.resolve("ended on its own");
  expect(await running).toBe("ended on its own");
});

it("createSemaphore() lets a thousand wait on one signal without a warning", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const semaphore = createSemaphore(3);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 1000 }, () => semaphore(async () => {}, signal)));
  await turnOfTheLoop();
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

async function turnOfTheLoop(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
