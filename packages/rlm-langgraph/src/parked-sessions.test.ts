import type { Session } from "rlm-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createParkedSessions, threadOf } from "./parked-sessions.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const closed: string[] = [];
beforeEach(() => void (closed.length = 0));
const sessionOf = (name: string): Session =>
  ({ close: async () => void closed.push(name) }) as Partial<Session> as Session;

describe("createParkedSessions()", () => {
  it("park() closes the one that waits longest where there are too many, and one that it replaces", async () => {
    const parked = createParkedSessions({ most: 2, idleMs: 1_000 });
    for (const name of ["a", "b", "c"]) await parked.park(name, sessionOf(name));
    expect([closed, parked.size]).toEqual([["a"], 2]);
    await parked.park("b", parked.take("b") ?? sessionOf("none"));
    await parked.park("d", sessionOf("d"));
    expect(closed).toEqual(["a", "c"]);
    await parked.park("d", sessionOf("d again"));
    expect([closed, parked.size]).toEqual([["a", "c", "d"], 2]);
    const none = createParkedSessions({ most: 0, idleMs: 1_000 });
    await none.park("e", sessionOf("e"));
    expect([closed.at(-1), none.size]).toEqual(["e", 0]);
  });

  it("take() gives a session to one taker, whose it is", async () => {
    const parked = createParkedSessions({ most: 2, idleMs: 1_000 });
    const session = sessionOf("a");
    await parked.park("a", session);
    expect([parked.take("a"), parked.take("a"), parked.take("b")]).toEqual([session, undefined, undefined]);
    await vi.advanceTimersByTimeAsync(2_000);
    await parked.close();
    expect(closed).toEqual([]);
  });

  it("createParkedSessions() closes what nobody takes for idleMs, and all at close()", async () => {
    const parked = createParkedSessions({ most: 9, idleMs: 1_000 });
    await parked.park("a", sessionOf("a"));
    await vi.advanceTimersByTimeAsync(999);
    await parked.park("b", sessionOf("b"));
    await vi.advanceTimersByTimeAsync(1);
    expect([closed, parked.size]).toEqual([["a"], 1]);
    await parked.close();
    expect([closed, parked.size, vi.getTimerCount()]).toEqual([["a", "b"], 0, 0]);
  });
});

describe("threadOf()", () => {
  it("threadOf() tells threads and graphs that keep their state apart, and leaves out what comes only once", () => {
    const of = (checkpoint_ns?: string): string | undefined => threadOf({ thread_id: "t", checkpoint_ns });
    expect(of("begin:1")).toBe(of("execute:2"));
    expect(of("ask|begin:1")).not.toBe(of("begin:1"));
    expect(of("ask|begin:1")).toBe(of("ask|execute:2"));
    expect(of("ask:1|begin:2")).toBeUndefined();
    expect(threadOf({ thread_id: "u", checkpoint_ns: "begin:1" })).not.toBe(of("begin:1"));
    expect([threadOf({}), threadOf()]).toEqual([undefined, undefined]);
  });
});
