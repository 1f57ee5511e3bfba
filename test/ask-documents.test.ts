import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Io } from "rlm-cli";
import { scriptedModel } from "rlm-core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runMain } from "./run-main.ts";
import { repl } from "./scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-ask-documents-"));
const documents = join(import.meta.dirname, "../packages/rlm-tools/src/loaders/testing/documents");
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  mkdirSync(join(folder, "papers"));
  for (const path of ["real/report.pdf", "hostile/encrypted.pdf", "real/korean-euc-kr.txt", "hostile/binary.txt"])
    copyFileSync(join(documents, path), join(folder, "papers", path.replace(/.*\//, "")));
});

describe("rlm ask of documents", () => {
  it("main() reads a folder of documents, tells what it could not read, and cites the page", async () => {
    const quote = "The icount function returns an iterator that counts starting from one:";
    const script = repl(
      `FINAL(Object.keys(context).join(), [{ claim: "It counts.", quote: ${JSON.stringify(quote)}, source: "papers/report.pdf" }])`,
    );
    const { code, stdout, stderr } = await ask(["--context", "papers", "--cite"], { openModel: replies(script) });
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^papers\/korean-euc-kr\.txt,papers\/report\.pdf\n\n\[1\] It counts\.\n {4}papers\/report\.pdf:\d+:1, page 4: "The icount/,
      ),
    ]);
    expect(stderr).toContain("Left out 1 file that is not text: papers/binary.txt\n");
    expect(stderr).toContain("Left out papers/encrypted.pdf: it is encrypted: take the password off first");
    expect(stderr).toContain("where it is another, convert the file first: papers/korean-euc-kr.txt (EUC-KR)\n");
  });

  it("main() reads a PDF of stdin, and a table as rows", async () => {
    const stdin = new PassThrough();
    stdin.end(readFileSync(join(documents, "real/report.pdf")));
    const first = replies(repl("FINAL(context.slice(0, 36))"));
    expect((await ask(["--context", "-"], { stdin, openModel: first })).stdout).toBe(
      "[page 1]\nUsing The iterators Package\n",
    );
    writeFileSync(join(folder, "birds.csv"), "name,count\nheron,3\negret,4\n");
    const rows = replies(repl("FINAL(context.map((row) => `${row.name} ${row.count + 1}`).join())"));
    expect((await ask(["--context", "birds.csv"], { openModel: rows })).stdout).toBe("heron 4,egret 5\n");
  });

  it("main() ends with what is wrong with a document that was named", async () => {
    const { code, stderr } = await ask(["--context", "papers/encrypted.pdf"], { openModel: replies() });
    expect(code).toBe(2);
    expect(stderr).toContain(
      "Cannot read the context papers/encrypted.pdf: it is encrypted: take the password off first, for instance by qpdf --decrypt\n",
    );
  });
});

async function ask(argv: string[], more: Partial<Io>): ReturnType<typeof runMain> {
  const world = { cwd: folder, env: { RLM_HOME: join(folder, "home") } };
  return await runMain(["ask", "q", ...argv, "-m", "a:b", "--direct-below", "0", "--no-trace"], { ...world, ...more });
}

function replies(...given: string[]): Io["openModel"] {
  const model = scriptedModel([repl("print(1)"), ...given]);
  return async () => model;
}
