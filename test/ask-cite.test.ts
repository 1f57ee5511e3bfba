import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "rlm-cli";
import { scriptedModel } from "rlm-core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { runMain } from "./run-main.ts";
import { repl } from "./scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-ask-cite-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("rlm ask --cite", () => {
  it("main() --cite shows for each claim where it stands, and with --json gives the data", async () => {
    writeFileSync(join(folder, "cited.txt"), "One line.\nThe heron \u001b[31mstrikes at noon.\n");
    const quote = "The heron \u001b[31mstrikes at noon.";
    const evidence = [
      { claim: "It\u001b[2J strikes.", quote: "The heron \u001b[31mstrikes  at noon.", source: "context" },
      { claim: "It sleeps.", quote: "The heron sleeps all day." },
    ];
    const given = ["q", "-c", "cited.txt", "-m", "a:b", "--cite"];
    const openModel = replies(JSON.stringify({ answer: "At noon.", evidence }));
    const { code, stdout } = await ask(given, { openModel });
    expect([code, stdout]).toEqual([
      0,
      `At noon.

[1] It strikes.
    cited.txt:2:1: "The heron strikes at noon."
[not found] It sleeps.
    stands nowhere in the context: "The heron sleeps all day."
`,
    ]);
    const json = await ask([...given, "--json"], {
      openModel: replies(JSON.stringify({ answer: "At noon.", evidence })),
    });
    expect(JSON.parse(json.stdout)).toMatchObject({
      answer: "At noon.",
      citations: [{ source: "context", start: 10, end: 10 + quote.length, quote, line: 2, column: 1 }],
      unverified: [evidence[1]],
    });
    const quiet = await ask([...given, "-q"], {
      openModel: replies(JSON.stringify({ answer: "Never.", evidence: [] })),
    });
    expect(quiet.stdout).toBe("Never.\n");
  });

  it("main() ask --thread --cite shows places in files of a folder, and the same when it tells the recorded answer", async () => {
    writeFileSync(join(folder, "notes.md"), "# Notes\n\nIt strikes at noon, each day.\n");
    const evidence = '[{ claim: "Noon.", quote: "It strikes at noon", source: "notes.md" }]';
    const asked = await ask(
      ["--thread", "t", "q", "-c", "*.md", "-c", "cited.txt", "-m", "a:b", "--cite", "--direct-below", "0"],
      {
        openModel: replies(repl(`print(1); FINAL("noon", ${evidence})`)),
      },
    );
    expect(asked.stdout).toBe('noon\n\n[1] Noon.\n    notes.md:3:1: "It strikes at noon"\n');
    const told = await runMain(["resume", "t"], world);
    expect(told.stdout).toBe(asked.stdout);
    const json = JSON.parse((await runMain(["resume", "t", "--json"], world)).stdout) as object;
    expect(json).toMatchObject({ citations: [{ source: "context", key: "notes.md", start: 9, line: 3, column: 1 }] });
  });
  it("main() ask --cite -m offline gives evidence by code, and says where there is none", async () => {
    const long = ["-c", "notes.md", "-m", "offline", "--cite", "--direct-below", "0"];
    expect((await runMain(["ask", "Who mentions strikes?", ...long], world)).stdout).toMatch(
      /\n\n\[1\] context, line 3 mentions “strikes”\.\n {4}notes\.md:3:1: "It strikes at noon, each day\."\n$/,
    );
    expect((await runMain(["ask", "Who mentions eagles?", ...long], world)).stdout).toMatch(
      /“eagles” is not mentioned\.\n\nNo evidence: the answer cites nothing of the context\.\n$/,
    );
  });
});

const world: Partial<Io> = { cwd: folder, env: { RLM_HOME: join(folder, "home") } };

async function ask(argv: string[], more: Partial<Io>): ReturnType<typeof runMain> {
  return await runMain(["ask", ...argv], { ...world, ...more });
}

function replies(...given: string[]): Io["openModel"] {
  const model = scriptedModel(given);
  return async () => model;
}
