import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJournal, isolate, runRlm, type Sandbox, type Session } from "rlm-core";
import { replayTrajectory } from "rlm-core/replay";
import { readTrajectory, trajectoryWriter } from "rlm-core/trajectory";
import { childPids, repl, ruleModel, turnOf } from "./scenario.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rlm-survival-"));
});
afterAll(() => rm(folder, { recursive: true }));

const context = Array.from({ length: 5000 }, (_, at) => `line ${at} ${at % 1000 === 7 ? "marked" : "plain"}`).join(
  "\n",
);

// One block a turn: state, a failing sub-call, code that throws, code that hangs, two kills from outside, recursion, the answer.
function rootCodes(depth: number): string[] {
  const asks = depth > 0;
  return [
    "const marked = context.split('\\n').filter((line) => line.endsWith('marked')); const dice = [Math.random(), Date.now()]; print(marked.length)",
    asks
      ? "let failure, caught; try { await llm_query('FAIL') } catch (error) { caught = error; failure = error.message } print(failure)"
      : "const failure = 'none'; print(failure)",
    "var before = new Map([['a', marked]]); null.length",
    "marked.push('never'); while (true) {}",
    "class Kept { constructor(n) { this.n = n } } const kept = new Kept(marked.length); print(kept)",
    asks
      ? "const replies = await llm_query_batched(['KILL', 'one', 'two']); print(replies)"
      : "const replies = []; print(replies)",
    depth > 1
      ? "const children = await rlm_query_batched(marked.slice(0, 2).map((line) => ({ query: 'Which line?', context: line }))); print(children)"
      : "const children = []; print(children)",
    "FINAL([marked.length, kept.n, failure, replies.join(), children.join(), before.size].join(' | '))",
  ];
}

function killChildren(): void {
  for (const pid of childPids()) process.kill(pid, "SIGKILL");
}

function createModel() {
  return ruleModel((messages, { purpose, depth }) => {
    const [first] = messages;
    if (purpose === "sub") {
      if (first?.content === "FAIL") throw new Error("400 no");
      if (first?.content === "KILL") killChildren();
      return `re: ${first?.content.slice(0, 60)}`;
    }
    const turn = turnOf(messages);
    const maxDepth = Number(/depth is (\d)/.exec(messages[1]?.content ?? "")?.[1] ?? 0);
    if (depth > 0)
      return repl(
        maxDepth > depth + 1
          ? "print(1); FINAL(await rlm_query('Deeper', context))"
          : "print(1); FINAL('child of ' + (await llm_query(context)))",
      );
    if (turn === 5) killChildren();
    return repl(rootCodes(maxDepth)[turn - 1] ?? "");
  });
}

/** The sandbox, and the hash of each session's variables just before it is closed. */
function watched(sandbox: Sandbox, hashes: string[]): Sandbox {
  return {
    v8: sandbox.v8,
    close: () => sandbox.close(),
    async open(options): Promise<Session> {
      const session = await sandbox.open(options);
      const close = session.close.bind(session);
      session.close = async () => {
        hashes.push((await session.inspect()).hash);
        await close();
      };
      return session;
    },
  };
}

describe("a run through everything that can go wrong", () => {
  const answers = [
    "5 | 5 | none |  |  | 1",
    '5 | 5 | Cannot get a reply from the model "model": 400 no | re: KILL,re: one,re: two |  | 1',
    '5 | 5 | Cannot get a reply from the model "model": 400 no | re: KILL,re: one,re: two | child of re: line 7 marked,child of re: line 1007 marked | 1',
    '5 | 5 | Cannot get a reply from the model "model": 400 no | re: KILL,re: one,re: two | child of re: line 7 marked,child of re: line 1007 marked | 1',
  ];

  for (const depth of [0, 1, 2, 3]) {
    it(`runRlm() at depth ${depth} gives the expected answer and journal, and a replay in a fresh process the same variables`, async () => {
      const trace = join(folder, `depth-${depth}.jsonl`);
      const writer = trajectoryWriter(trace);
      const hashes: string[] = [];
      const sandbox = watched(isolate({ warm: 0 }), hashes);
      const model = createModel();
      const query = `What is marked? The depth is ${depth}.`;
      const result = await runRlm(
        { query, context },
        { model, sandbox, onEvent: writer.onEvent, limits: { depth, computeMs: 700 } },
      );
      await writer.close();
      await sandbox.close();
      expect(result).toMatchObject({ status: "final", answer: answers[depth] });
      expect(childPids()).toEqual([]);

      const trajectory = await readTrajectory(trace);
      const [root] = [...trajectory.runs.values()];
      const journal = root?.journal ?? [];
      expect(journal.flatMap((event) => (event.type === "end" ? [event.error?.kind ?? "ok"] : []))).toEqual([
        "ok",
        "ok",
        "thrown",
        "timeout",
        "ok",
        "ok",
        "ok",
        "ok",
      ]);
      expect(journal.filter(({ type }) => type === "reply")).toHaveLength(8);
      expect(journal.filter(({ type }) => type === "call")).toHaveLength([0, 4, 6, 6][depth] ?? -1);
      expect(canonicalJournal(journal).filter((event) => (event as { ok?: boolean }).ok === false)).toHaveLength(
        depth > 0 ? 1 : 0,
      );

      const asked = model.calls.length;
      await writeFile(join(folder, "context.txt"), context);
      const script = new URL("./replay-trace.ts", import.meta.url).pathname;
      const { stdout } = await promisify(execFile)(process.execPath, [
        "-C",
        "rlm-source",
        script,
        trace,
        join(folder, "context.txt"),
      ]);
      const replayed: { hash: string }[] = JSON.parse(stdout);
      expect(replayed.map(({ hash }) => hash).toSorted()).toEqual(hashes.toSorted());
      expect(model.calls).toHaveLength(asked);
    });
  }

  it("replayTrajectory() names the first difference of a trace that was altered, and of another context", async () => {
    const sandbox = isolate({ warm: 0 });
    const text = await readFile(join(folder, "depth-1.jsonl"), "utf8");
    const altered = async (from: string | RegExp, to: string) => {
      const path = join(folder, "altered.jsonl");
      const changed = text.replace(from, to);
      expect(changed).not.toBe(text);
      await writeFile(path, changed);
      return await readTrajectory(path);
    };
    try {
      const otherPrompt = await altered(/("type":"block"[^\n]*?)'one'/, "$1'uno'");
      await expect(replayTrajectory(otherPrompt, { context, sandbox })).rejects.toMatchObject({ code: "replay" });
      const otherOutput = await altered(/("type":"end"[^\n]*?"text":")5/, "$16");
      await expect(replayTrajectory(otherOutput, { context, sandbox })).rejects.toMatchObject({ code: "replay" });
      const otherResult = await altered('"text":"re: one"', '"text":"re: uno"');
      await expect(replayTrajectory(otherResult, { context, sandbox })).rejects.toThrow(
        /was changed, it begins "re: uno"/,
      );
      const trajectory = await readTrajectory(join(folder, "depth-1.jsonl"));
      await expect(replayTrajectory(trajectory, { context: `${context}.`, sandbox })).rejects.toThrow(
        /its context was "context" with/,
      );
    } finally {
      await sandbox.close();
    }
  });
});
