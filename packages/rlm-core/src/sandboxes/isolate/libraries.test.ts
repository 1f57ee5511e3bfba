import { afterAll, describe, expect, it } from "vitest";
import type { Child } from "../../confined/child-process.ts";
import { kitSource, libraryTexts } from "../../kit-source.ts";
import type { Session, SessionOptions, SubCall } from "../../sandbox.ts";
import type { Kit, KitScope } from "../../tool.ts";
import { isolate } from "./isolate.ts";
import { openMachine } from "./remote-machine.ts";
import { killChild, openScripted, sandboxPids, script, testSession } from "./testing/test-session.ts";

const sandbox = isolate({ warm: 0 });
afterAll(async () => {
  await sandbox.close();
  expect(sandboxPids()).toEqual([]);
});

const ascii = `({ of: (text) => text.length, filled: "${"x".repeat(3_000_000)}".length })`;
const wide = `({ of: (text) => text + "文字", filled: "${"é文".repeat(1_000_000)}".length })`;

/** A kit whose functions use one library each. */
function texts(name: string): Kit {
  type Library = { of(text: string): unknown; filled: number };
  return {
    name,
    libraries: { ascii, wide },
    functions: {
      ascii: {
        signature: "",
        description: "",
        run(this: KitScope, text: string) {
          const { of, filled } = this.library("ascii") as Library;
          return [of(text), filled];
        },
      },
      wide: {
        signature: "",
        description: "",
        run(this: KitScope, text: string) {
          const { of, filled } = this.library("wide") as Library;
          return [of(text), filled];
        },
      },
    },
  };
}

const kits = [texts("one"), texts("two")];
const given: Pick<SessionOptions, "kits" | "libraries"> = {
  kits: kits.map(kitSource),
  libraries: libraryTexts(kits),
};

describe("the libraries of a session's kits", () => {
  it("are not sent when it opens", async () => {
    let bytes = 0;
    const child: Child = {
      pid: 1,
      dataMb: 1_000,
      alive: true,
      ready: async () => {},
      exited: new Promise(() => {}),
      send: async ({ length }) => void (bytes += length),
      exchange: async (accept) => accept({ type: "opened" }) ?? Promise.reject(new Error("refused")),
      kill: async () => {},
    };
    await openMachine(child, testSession("a context").options(given), [], new AbortController().signal);
    expect(bytes).toBeGreaterThan(100);
    expect(bytes).toBeLessThan(10_000);
  });

  it("come while results are on their way, to each kit that uses one, and again to a process that replaces a lost one", async () => {
    const { options, result, drive } = testSession("");
    const session = await sandbox.open(options(given));
    const code = `let seen = [];
      await Promise.all([1, 2, 3].map(async (n) => {
        const text = await llm_query("q" + n);
        seen.push([n, ...(n === 1 ? one.wide("a") : one.ascii(text)), text.length]);
      }));
      print(JSON.stringify(seen), JSON.stringify(two.wide("b")));`;
    await session.run({ code, clock: 1 });
    const asked = session.last.outstanding;
    const long = "r".repeat(1_500_000);
    const done = await session.resume(asked.map((call: SubCall) => result(call, long)));
    const printed =
      '[[1,"a文字",2000000,1500000],[2,1500000,3000000,1500000],[3,1500000,3000000,1500000]] ["b文字",2000000]\n';
    expect(done).toMatchObject({ kind: "done", output: { text: printed } });
    const { hash } = await session.inspect();
    await killChild();
    expect((await session.inspect()).hash).toBe(hash);
    const deep = "const deep = () => { try { return deep(); } catch { return two.ascii('abcd'); } }; print(deep())";
    expect((await drive(session, deep)).output.text).toBe("[4, 3000000]\n");
    await session.close();
  });

  it("can be asked for again after an abort, by the process that comes then", async () => {
    const [hash = ""] = given.libraries?.keys() ?? [];
    const session: Session = await openScripted(testSession("").options({ ...given, kits: given.kits.slice(0, 1) }));
    const wish = { type: "library", hash };
    const abort = new AbortController();
    const running = session.run(script({ frames: [wish], hang: true }), abort.signal);
    setTimeout(() => abort.abort(new Error("enough")), 50);
    await expect(running).rejects.toThrow("enough");
    const done = { type: "done", done: { output: { text: "ok", chars: 2 }, computeMs: 1 } };
    expect(await session.run(script({ frames: [wish, done] }))).toMatchObject({ output: { text: "ok" } });
    expect(await session.run(script({ frames: [wish, done] }))).toMatchObject({ error: { kind: "died" } });
    await session.close();
  });
});
