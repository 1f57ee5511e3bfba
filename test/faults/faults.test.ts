import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { startProgram } from "../start-program.ts";
import { answer } from "./job.ts";
import { judge } from "./judge.ts";
import { mountDisk } from "./mount-disk.ts";
import { canBeNobody, giveBack } from "./strike.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-faults-"));
// Somebody else than root has to get there.
chmodSync(folder, 0o755);
const disk = mountDisk(join(folder, "disk"));
const immutable = canProtect();
afterAll(() => {
  disk?.unmount();
  rmSync(folder, { recursive: true });
});

// The sixth question is asked beside others; FAULTS_AT=2,9 makes it others.
const strikes = (process.env["FAULTS_AT"] ?? "6").split(",").map(Number);

const kept = "nothing of this is kept, all that was kept before is whole";
const said: Record<string, RegExp> = {
  "sqlite full-disk": new RegExp(
    `^Cannot .* in .*runs.sqlite: the disk (is full|does not take or give the data); ${kept}; .*, then go on`,
  ),
  "sqlite small-files": new RegExp(
    `^Cannot .* in .*runs.sqlite: the disk does not take or give the data; ${kept}; .*, then go on`,
  ),
  "sqlite locked": new RegExp(
    `^Cannot .* in .*runs.sqlite: another process held its lock for longer than busyMs; ${kept}; .*, then go on`,
  ),
  "sqlite immutable": new RegExp(
    `^Cannot .* in .*runs.sqlite: the disk does not take or give the data; ${kept}; .*protected.*, then go on`,
  ),
  "files full-disk":
    /^Cannot (keep|write the trajectory) .*: the disk is full .*; (nothing of this is kept|all lines before this one are kept).*; free some space, then go on/,
  "files small-files": /^Cannot (keep|write the trajectory) .*: the system lets the file grow no further .*then go on/,
  "files read-only": new RegExp(
    `^Cannot keep .*: it may not be written .*; ${kept}; make the folder and what is in it writable, then go on`,
  ),
};

const stillSaid = /^Cannot .*(disk|lock|grow no further|may not (be written|write there))/;

describe("a run whose folder can no longer be written", () => {
  for (const [name, message] of Object.entries(said)) {
    const [driver = "", fault = ""] = name.split(" ");
    const missing =
      fault === "full-disk" && disk === undefined
        ? "this user may not mount a disk; small-files stands for it"
        : fault === "immutable" && !immutable
          ? "this user or file system cannot make a file immutable"
          : undefined;
    const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;
    it.skipIf(missing !== undefined)(
      `${driver === "sqlite" ? "rlm.invoke(null) over SQLite" : "resumeRlm() from its trajectory"} goes on after ${fault}${skipped}`,
      async () => {
        for (const at of strikes) {
          const own = mkdtempSync(join(fault === "full-disk" ? (disk?.path ?? "") : folder, `${driver}-`));
          chmodSync(own, 0o755);
          const notes = join(folder, `${driver}-${fault}-${at}`);
          writeFileSync(notes, "");
          chmodSync(notes, 0o666);
          const [struck, again, ended] = await run([driver, own, notes, String(at), fault]);
          expect([name, at, struck]).toEqual([name, at, { code: "store", error: expect.stringMatching(message) }]);
          const code = expect.stringMatching(/^(store|bad-input)$/);
          // To go on while it lasts says so too.
          expect([name, at, again]).toEqual([name, at, { code, error: expect.stringMatching(stillSaid) }]);
          const outcome = { answer, status: "final", runId: "whole 3" };
          expect([name, at, ended]).toEqual([name, at, outcome]);
          const lines = readFileSync(notes, "utf8").trimEnd().split("\n");
          const { repeated, unasked } = judge(lines);
          expect([name, at, repeated, unasked]).toEqual([name, at, [], []]);
          // And in another process: what is recorded is the answer.
          expect(await run([driver, own, notes, "0", ""])).toEqual([outcome]);
          expect(
            readFileSync(notes, "utf8")
              .trimEnd()
              .split("\n")
              .slice(lines.length)
              .filter((line) => line.startsWith("asked")),
          ).toEqual([]);
          rmSync(own, { recursive: true });
        }
      },
    );
  }
});

const anybody = process.getuid?.() !== 0 || canBeNobody();

describe("a run whose folder became read-only, and whose process was killed there", () => {
  it.skipIf(!anybody)(
    `rlm.invoke(null) over SQLite says so and asks nothing, and goes on when the rights are given back${anybody ? "" : " (skipped: root alone may read this repository)"}`,
    async () => {
      for (const at of strikes) {
        const own = mkdtempSync(join(folder, "sqlite-"));
        chmodSync(own, 0o755);
        const notes = join(folder, `killed-${at}`);
        writeFileSync(notes, "");
        chmodSync(notes, 0o666);
        const killed = startProgram("test/faults/program.ts", [
          "sqlite",
          own,
          notes,
          String(at),
          "read-only-and-killed",
        ]);
        expect([await killed.ended, killed.lines]).toEqual([null, []]);
        const before = readFileSync(notes, "utf8");
        expect(await run(["sqlite", own, notes, "0", "read-only"])).toEqual([
          {
            code: "bad-input",
            error: expect.stringMatching(/^Cannot keep runs in .*runs.sqlite: .*(EACCES|permission)/),
          },
        ]);
        expect(readFileSync(notes, "utf8")).toBe(`${before}told\n`);
        giveBack(own);
        const outcome = { answer, status: "final", runId: "whole 3" };
        expect(await run(["sqlite", own, notes, "0", "read-only"])).toEqual([outcome]);
        const lines = readFileSync(notes, "utf8").trimEnd().split("\n");
        expect([at, judge(lines)]).toEqual([at, { repeated: [], unasked: [] }]);
      }
    },
  );
});

/** Runs the program to its end; the outcomes that it told. */
async function run(args: string[]): Promise<unknown[]> {
  const program = startProgram("test/faults/program.ts", args);
  expect([await program.ended, program.lines]).toEqual([0, expect.anything()]);
  return program.lines.filter((line) => line.startsWith("{")).map((line): unknown => JSON.parse(line));
}

function canProtect(): boolean {
  const path = join(folder, "immutable");
  writeFileSync(path, "");
  try {
    execFileSync("chattr", ["+i", path], { stdio: "ignore" });
    execFileSync("chattr", ["-i", path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
