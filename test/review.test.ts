import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startProgram } from "./start-program.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rlm-review-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("a run that waits for a person is answered by other processes, each killed after its turn, and pays nothing twice", async () => {
  const asked = join(folder, "asked");
  let said: unknown = "begin";
  let result: string | undefined;
  const waited: number[] = [];
  while (result === undefined) {
    const args = [join(folder, "runs.sqlite"), asked, said === "begin" ? "begin" : JSON.stringify(said)];
    const program = startProgram("test/reviewed-run.ts", args);
    await program.line("done");
    process.kill(-program.pid, "SIGKILL");
    await program.ended;
    const line = program.lines.find((text) => text.startsWith("{")) ?? "";
    const told = JSON.parse(line) as { result?: string; waiting?: string[] };
    ({ result } = told);
    const ids = told.waiting ?? [];
    if (result === undefined) waited.push(ids.length);
    said = Object.fromEntries(ids.map((id) => [id, true]));
  }
  expect(result).toBe("<in n1>,<in n2>,<in n3>");
  // The root's code, that of its children twice, and the root's again.
  expect(waited).toEqual([1, 3, 3, 1]);
  const lines = (await readFile(asked, "utf8")).trim().split("\n");
  expect(lines).toHaveLength(11);
  expect(new Set(lines).size).toBe(11);
}, 120_000);
