import { describe, expect, it } from "vitest";
import { RlmError } from "../errors.ts";
import { retried } from "./retried.ts";
import { wait } from "./wait.ts";

const busy = (more: object = {}): Error => Object.assign(new Error("503 busy"), more);

function play(errors: readonly Error[], { signal = new AbortController().signal } = {}) {
  const waits: number[] = [];
  const warnings: string[] = [];
  let tries = 0;
  const request = async (): Promise<string> => {
    const error = errors[Math.min(tries++, errors.length)];
    if (error !== undefined) throw error;
    return "reply";
  };
  const reply = retried(request, {
    name: "m",
    now: () => 0,
    wait: async (ms) => void waits.push(ms),
    signal,
    warn: (message) => void warnings.push(message),
  });
  return { reply, waits, warnings, tries: () => tries };
}

describe("retried()", () => {
  it("retried() asks again after pauses that double, and warns of each", async () => {
    const { reply, waits, warnings } = play([busy(), busy(), busy()]);
    expect(await reply).toBe("reply");
    expect(waits.map((ms, at) => ms / (500 * 2 ** at))).toEqual(
      waits.map(() => expect.toSatisfy((share: number) => share >= 0.75 && share <= 1.25)),
    );
    expect(waits).toHaveLength(3);
    expect(warnings[1]).toMatch(/^The model "m" did not answer: 503 busy. It is asked again in [\d.]+ s \(try 3\)$/);
  });

  it("retried() warns in at most 200 characters of what the server said", async () => {
    const { reply, warnings } = play([new Error(`500 ${"sorry ".repeat(1_000)}`)]);
    await reply;
    expect(/answer: (.*)\. It/.exec(warnings[0] ?? "")?.[1]).toHaveLength(201);
  });

  it("retried() waits as long as the server asks to, up to a minute", async () => {
    const { reply, waits } = play([
      busy({ headers: { "retry-after": "7" } }),
      busy({ headers: { "retry-after": "60" } }),
    ]);
    await reply;
    expect(waits[0]).toBeGreaterThanOrEqual(7000);
    expect(waits[0]).toBeLessThan(7700);
    expect(waits[1]).toBeGreaterThanOrEqual(60_000);
    const later = play([busy({ headers: { "retry-after": "3600" } })]);
    await expect(later.reply).rejects.toThrow(/503 busy; it wants to be asked again in 3,600 s; /);
    expect(later.tries()).toBe(1);
  });

  it.each([
    ["overloaded", busy(), 4],
    ["rate-limited", new Error("429 slow down"), 6],
    ["a connection", new TypeError("fetch failed"), 4],
    ["a wrong key", new Error("401 no"), 1],
    ["a refused request", new Error("400 no"), 1],
    ["no quota", Object.assign(new Error("429"), { code: "insufficient_quota" }), 1],
    ["a prompt that is too long", new Error("400 prompt is too long"), 1],
    ["something else", new Error("no"), 1],
    ["tried already", busy({ attemptNumber: 7, retriesLeft: 0 }), 1],
    ["an abort of its own", new DOMException("stopped", "AbortError"), 1],
  ])("retried() gives up: %s", async (_what, error, tries) => {
    const played = play(Array.from({ length: 20 }, () => error));
    const thrown = await played.reply.catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(RlmError);
    expect(thrown).toMatchObject({ code: "model", cause: error });
    expect(played.tries()).toBe(tries);
    const { message } = thrown as RlmError;
    expect(message).toContain(`Cannot get a reply from the model "m": ${error.message}`);
    expect(/\(asked (\d) times\)/.exec(message)?.[1] ?? "1").toBe(String(tries));
  });

  it("retried() throws errors of this project as they are", async () => {
    const own = new RlmError("model", "503 of ours");
    await expect(play([own]).reply).rejects.toBe(own);
  });

  it("retried() puts no key into its message", async () => {
    const { reply } = play([new Error("401 Incorrect API key provided: sk-secret-123456")]);
    await expect(reply).rejects.toThrow(/provided: \[key\]; check the key/);
  });

  it("retried() stops at once where the signal aborts, in a pause too", async () => {
    const controller = new AbortController();
    const waiting = Promise.withResolvers<void>();
    const reply = retried(() => Promise.reject(busy({ headers: { "retry-after": "50" } })), {
      name: "m",
      now: () => 0,
      signal: controller.signal,
      warn: () => {},
      wait: async (ms, signal) => {
        waiting.resolve();
        await wait(ms, signal);
      },
    });
    await waiting.promise;
    controller.abort(new Error("enough"));
    await expect(reply).rejects.toThrow("enough");
    const { signal } = controller;
    const late = play([busy(), busy()], { signal });
    await expect(late.reply).rejects.toThrow("enough");
    expect(late.tries()).toBe(1);
  });
});

describe("wait()", () => {
  it("wait() leaves no timer and no listener behind where it is aborted", async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const controller = new AbortController();
    const waiting = wait(50_000, controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(timers()).toBe(before);
    await wait(1, new AbortController().signal);
  });
});
