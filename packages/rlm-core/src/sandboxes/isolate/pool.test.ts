import { describe, expect, it } from "vitest";
import type { Child } from "../../confined/child-process.ts";
import { createPool } from "./pool.ts";

/** Processes that live until they are killed, and the list of those that were started. */
function fakeProcesses(): { started: Child[]; start(dataMb: number): Child; living(): number } {
  const started: Child[] = [];
  return {
    started,
    living: () => started.filter(({ alive }) => alive).length,
    start(dataMb) {
      const { promise: exited, resolve } = Promise.withResolvers<void>();
      let alive = true;
      const child = {
        pid: started.length + 1,
        dataMb,
        ready: async () => {},
        get alive() {
          return alive;
        },
        exited,
        send: async () => {},
        exchange: () => Promise.reject(new Error("not here")),
        async kill() {
          alive = false;
          setImmediate(resolve);
          await exited;
        },
      };
      started.push(child);
      return child;
    },
  };
}

const signal = new AbortController().signal;

describe("createPool()", () => {
  it("never has more processes than maxProcesses, and gives places in the order of asking", async () => {
    const processes = fakeProcesses();
    const pool = createPool({ maxProcesses: 2, warm: 0, start: processes.start });
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3, 4, 5].map(async (turn) => {
        const place = await pool.take(1_000, signal);
        order.push(turn);
        expect(processes.living()).toBeLessThanOrEqual(2);
        await place.leave();
      }),
    );
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it("takes a process from the session that has rested longest", async () => {
    const pool = createPool({ maxProcesses: 3, warm: 0, start: fakeProcesses().start });
    const [first, second, third] = [
      await pool.take(1_000, signal),
      await pool.take(1_000, signal),
      await pool.take(1_000, signal),
    ];
    for (const place of [first, second, third]) place.rest();
    first.wake(signal);
    first.rest();
    await pool.take(1_000, signal);
    expect([first, second, third].map(({ child }) => child.alive)).toEqual([true, false, true]);
  });

  it("leaves a process to the session that uses it, and serves who waits when that rests", async () => {
    const pool = createPool({ maxProcesses: 1, warm: 0, start: fakeProcesses().start });
    const first = await pool.take(1_000, signal);
    const second = pool.take(1_000, signal);
    expect(
      await Promise.race([second.then(() => "taken"), new Promise((resolve) => setImmediate(resolve, "waiting"))]),
    ).toBe("waiting");
    first.rest();
    expect((await second).child.alive).toBe(true);
    expect(first.wake(signal)).toBe(false);
  });

  it("gives up a place in the queue when its signal aborts", async () => {
    const pool = createPool({ maxProcesses: 1, warm: 0, start: fakeProcesses().start });
    const first = await pool.take(1_000, signal);
    const abort = new AbortController();
    const second = pool.take(1_000, abort.signal);
    const third = pool.take(1_000, signal);
    abort.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    await first.leave();
    expect((await third).child.alive).toBe(true);
  });

  it("has files opened only for who has a place, and frees the place where that fails or comes too late", async () => {
    const pool = createPool({ maxProcesses: 1, warm: 0, start: fakeProcesses().start });
    const first = await pool.take(1_000, signal);
    let opened = 0;
    const waiting = pool.take(1_000, signal, async () => {
      opened++;
      throw new Error("no such file");
    });
    const abort = new AbortController();
    const late = pool.take(1_000, abort.signal, async () => {
      abort.abort(new Error("enough"));
      return [9];
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(opened).toBe(0);
    await first.leave();
    await expect(waiting).rejects.toThrow("no such file");
    await expect(late).rejects.toThrow("enough");
    expect(pool.hasRoom()).toBe(true);
  });

  it("leaves a place that was in use when its signal aborts", async () => {
    const pool = createPool({ maxProcesses: 1, warm: 0, start: fakeProcesses().start });
    const abort = new AbortController();
    const place = await pool.take(1_000, abort.signal);
    abort.abort();
    await place.child.exited;
    expect(pool.hasRoom()).toBe(true);
  });

  it("does not wait for the place of a process that was gone before it was left", async () => {
    const pool = createPool({ maxProcesses: 1, warm: 0, start: fakeProcesses().start });
    const lost = await pool.take(1_000, signal);
    await lost.child.kill();
    await lost.leave();
    const resting = await pool.take(1_000, signal);
    const next = pool.take(1_000, signal);
    resting.rest();
    await next;
    expect(resting.child.alive).toBe(false);
  });

  it("frees the place of a process that is gone", async () => {
    const pool = createPool({ maxProcesses: 1, warm: 0, start: fakeProcesses().start });
    const place = await pool.take(1_000, signal);
    await place.child.kill();
    expect((await pool.take(1_000, signal)).child.alive).toBe(true);
  });

  it("boots processes ahead once there was a session, and gives them out only if the kernel allows them enough", async () => {
    const processes = fakeProcesses();
    const pool = createPool({ maxProcesses: 9, warm: 1, start: processes.start });
    expect(processes.started).toHaveLength(0);
    (await pool.take(1_000, signal)).rest();
    expect(processes.started).toHaveLength(2);
    expect((await pool.take(1_000, signal)).child).toBe(processes.started[1]);
    (await pool.take(2_000, signal)).rest();
    const small = await pool.take(1_000, signal);
    expect(small.child.dataMb).toBe(2_000);
    small.rest();
    await pool.close();
    small.rest();
    expect(processes.living()).toBe(4);
  });
});
