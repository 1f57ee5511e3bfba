import assert from "node:assert/strict";
import type { Progress, SessionOptions } from "../../sandbox.ts";
import { type OpenSession, type Recorded, withBench } from "../laws/recorder.ts";
import { watchHost } from "./host-watch.ts";
import type { HostileEnd, HostileProgram } from "./program.ts";

/** Small, so that a program meets its bound soon. */
const hostileLimits: SessionOptions["limits"] = {
  promptChars: 20_000,
  outputChars: 2_000,
  computeMs: 500,
  heapMb: 128,
  answerChars: 10_000,
};

/**
 * Runs a hostile program in a session of its own and throws AssertionError where it was not contained: each block ends in bounded
 * time and in a way that the program may end, with bounded texts; the host's event loop stays free, its secrets and objects are
 * untouched; a variable from before still has its value, and the session runs and calls as it did. Closes the session.
 */
export async function contain(program: HostileProgram, open: OpenSession): Promise<void> {
  const host = await watchHost();
  const texts: string[] = [];
  try {
    await withBench(open, async (bench) => {
      const { context = "The quick brown fox jumps over the lazy dog." } = program;
      const repl = await bench.open({ limits: hostileLimits }, { context });
      await within(repl.finish("var kept = { n: 41 }; var text = context;"), "the block before");
      const calm = [...repl.journal];
      let progress: Progress | undefined;
      for (const code of [program.code].flat()) {
        const written = code.replaceAll("CANARY_FILE", JSON.stringify(host.canaryFile));
        progress = await within(attack(repl, written, program, texts), "the attack");
      }
      assert.ok(progress);
      checkEnd(program, progress, texts);
      // It looks at whatever the code left behind, except at what is only much.
      if (!isMuch(program)) await within(repl.session.inspect(), "inspect()");
      // A block that its driver gave up stays open: what goes on then is the session as it was before.
      await checkGoesOn(progress.kind === "done" ? repl : await within(bench.replay(repl, calm), "a replay"));
    });
    host.checkTexts(texts);
  } finally {
    await host.end();
  }
}

// Beside computing: a process that has to be killed, twice at most, and the rebuilding of another.
const mostMs = 30_000;
const mostRounds = 12;
const gaveUp = new Error("the driver gave up");

/** Runs a block, answering all its calls, until it ends or has asked too often. */
async function attack(
  { session, run, resume }: Recorded,
  code: string,
  { replies = {} }: HostileProgram,
  texts: string[],
): Promise<Progress> {
  let progress = await run(code);
  for (let round = 0; progress.kind === "waiting" && round < mostRounds; round++) {
    const { outstanding } = session.last;
    for (const { prompt, name = "", context } of outstanding)
      texts.push(prompt, name, context !== undefined && "text" in context ? context.text : "");
    progress = await resume(
      outstanding.map((call) => {
        if (call.prompt === "FAIL") return [call, new Error("The model failed")];
        return [call, Object.hasOwn(replies, call.prompt) ? replies[call.prompt] : `re: ${call.prompt}`];
      }),
    );
  }
  if (progress.kind === "done") return progress;
  // As a driver does whose budget is used up: what was aborted has never been, and the block stays open until it is answered.
  const [call] = session.last.outstanding;
  assert.ok(call, "Expected a block that waits to have calls outstanding");
  await assert.rejects(resume([[call, "re"]], AbortSignal.abort(gaveUp)), gaveUp);
  return progress;
}

function checkEnd(program: HostileProgram, progress: Progress, texts: string[]): void {
  const end = endOf(progress);
  const shown = JSON.stringify(progress).slice(0, 1_000);
  assert.ok(
    program.ends.includes(end) || (isMuch(program) && atBound.includes(end)),
    `Expected "${program.name}" to end as ${program.ends.join(" or ")}, got ${shown}`,
  );
  if (progress.kind === "waiting") return;
  const { output, error, answer, computeMs } = progress;
  texts.push(output.text, error?.message ?? "", answer?.text ?? "");
  assert.ok(
    output.text.length <= hostileLimits.outputChars + 200,
    `Expected a bounded output, got ${output.text.length}`,
  );
  assert.ok((error?.message.length ?? 0) <= 10_000, `Expected a bounded error, got ${error?.message.length}`);
  assert.ok(computeMs <= mostMs);
  assert.equal(answer?.text, end === "final" ? program.answer : undefined);
  if (end === "well" && program.prints !== undefined) assert.match(output.text.trimEnd(), program.prints);
}

// What is only too much may meet either bound of its session first: that depends on the machine.
const atBound: readonly HostileEnd[] = ["timeout", "memory"];

function isMuch({ family }: HostileProgram): boolean {
  return family === "memory" || family === "floods";
}

function endOf(progress: Progress): HostileEnd {
  if (progress.kind === "waiting") return "endless";
  if (progress.answer !== undefined) return "final";
  return progress.error?.kind ?? "well";
}

/** The session is what it was: its variable, its functions, its calls. */
async function checkGoesOn(repl: Recorded): Promise<void> {
  const after = `print(kept.n + 1); print(await llm_query("still"));`;
  const { output, error } = await within(repl.finish(after), "a block after the attack");
  assert.equal(`${output.text.trimEnd()} ${error?.message ?? ""}`, "42\nre: still ");
}

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `Expected ${what} to end within ${mostMs} ms` })),
      mostMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
