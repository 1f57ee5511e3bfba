import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { StatementSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "rlm-cli";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { runMain } from "./run-main.ts";
import { repl, ruleModel, turnOf } from "./scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-resume-cut-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());
writeFileSync(join(folder, "birds.txt"), "The heron waits.\n");

/** A sub-call in each of three turns, then the answer; at a limit other words. */
const model = ruleModel((messages, { purpose }) => {
  if (purpose === "sub") return "a bird";
  if (/limits\.calls|final answer now|no more/i.test(messages.at(-1)?.content ?? "")) return "in words";
  const turn = turnOf(messages);
  return repl(turn < 4 ? `print('${turn}', await llm_query('part ${turn}'))` : "FINAL('all of it')");
});

describe("rlm resume ID with a raised limit, cut off", () => {
  const before = join(folder, "before");
  beforeAll(async () => {
    const argv = ["ask", "What?", "-c", "birds.txt", "-m", "a:b", "--thread", "t", "--direct-below", "0"];
    expect(await rlm(before, [...argv, "--calls", "4"])).toMatchObject({ code: 3, stdout: "in words\n" });
  });

  // What the first process did not write any more, in their order.
  it.each<[string, RegExp]>([
    ["the fork", /INTO checkpoints/],
    ["that it is gone on with", /"type":"resumed"/],
    ["that it began", /"type":"begun"/],
    ["its first checkpoint", /"type":"budget"/],
  ])("main() raises it by the same command or further, cut off before it wrote %s", async (_, write) => {
    for (const calls of ["50", "60"]) {
      const home = copyOf(before);
      const isCut = cutBefore(write);
      await rlm(home, ["resume", "t", "--calls", "50"]);
      expect(isCut()).toBe(true);
      vi.restoreAllMocks();
      const again = await rlm(home, ["resume", "t", "--calls", calls]);
      expect([calls, again.code, again.stdout]).toEqual([calls, 0, "all of it\n"]);
    }
  });

  it("main() forgets no other limit that was raised with it", async () => {
    const home = copyOf(before);
    // The run that is left is a branch with a limit of its own.
    expect(await rlm(home, ["resume", "t", "--tokens", "75", "--calls", "6"])).toMatchObject({ code: 3 });
    cutBefore(/"type":"budget"/);
    await rlm(home, ["resume", "t", "--tokens", "2M"]);
    vi.restoreAllMocks();
    expect(await rlm(home, ["resume", "t", "--calls", "50"])).toMatchObject({ code: 0, stdout: "all of it\n" });
  });

  it("main() runs tells what was paid before, and no cost where no call is known", async () => {
    const home = copyOf(before);
    cutBefore(/"type":"spent"/);
    await rlm(home, ["resume", "t", "--calls", "50"]);
    vi.restoreAllMocks();
    const { stdout } = await rlm(home, ["runs", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject([{ id: "t", status: "died", calls: 4, tokens: 60, costUsd: null }]);
    const unpaid = join(folder, "unpaid");
    cutBefore(/"type":"begun"/);
    await rlm(unpaid, ["ask", "What?", "-c", "birds.txt", "-m", "a:b", "--thread", "u"]);
    vi.restoreAllMocks();
    expect(JSON.parse((await rlm(unpaid, ["runs", "--json"])).stdout)).toMatchObject([{ calls: 0, costUsd: null }]);
  });

  it("main() keeps nothing of a resume that is refused", async () => {
    const home = copyOf(before);
    const refused = await rlm(home, ["resume", "t", "--calls", "50", "--output-chars", "500"]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/Cannot change --output-chars there: .*; ask on another thread with it\n/),
    ]);
    const recorded = await rlm(home, ["resume", "t"]);
    expect([recorded.code, recorded.stdout]).toEqual([3, "in words\n"]);
    expect(recorded.stderr).toContain("--calls (4)");
    expect(await rlm(home, ["resume", "t", "--calls", "60"])).toMatchObject({ code: 0, stdout: "all of it\n" });
  });
});

let copies = 0;

function copyOf(home: string): string {
  const copy = join(folder, `copy-${copies++}`);
  cpSync(home, copy, { recursive: true });
  return copy;
}

/** As after a kill nothing is written from that on; gives whether it came so far. */
function cutBefore(write: RegExp): () => boolean {
  const { run } = StatementSync.prototype;
  let isCut = false;
  vi.spyOn(StatementSync.prototype, "run").mockImplementation(function (this: StatementSync, ...values) {
    // A killed process holds no lock.
    const isLock = this.sourceSQL.includes("rlm_cli_locks");
    isCut ||= write.test(`${this.sourceSQL} ${values.map(String).join(" ")}`);
    if (isCut && !isLock) throw new Error("cut");
    return run.apply(this, values as never);
  });
  return () => isCut;
}

async function rlm(home: string, argv: string[], world: Partial<Io> = {}): ReturnType<typeof runMain> {
  return await runMain(argv, { cwd: folder, env: { RLM_HOME: home }, openModel: async () => model, ...world });
}
