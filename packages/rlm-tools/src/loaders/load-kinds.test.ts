import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, describe, expect, it } from "vitest";
import { load } from "./load.ts";

const documents = join(import.meta.dirname, "testing/documents");
const scratch = mkdtempSync(join(tmpdir(), "rlm-load-kinds-test-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("load() of HTML", () => {
  const page =
    "<title>t</title><main>one</main><main>세계 인권 선언, 모든 인간은 태어날 때부터 자유로우며 \uf8ff</main>";
  const korean = readFileSync(join(documents, "real/korean-euc-kr.txt"));

  it.each([
    ["all of a page without a body", page, "t\none\n세계 인권 선언, 모든 인간은 태어날 때부터 자유로우며 \uf8ff", {}],
    ["an encoding that nothing says", korean, "세 계 인 권 선 언", { encoding: "EUC-KR" }],
    [
      "damaged UTF-8",
      Buffer.concat([Buffer.from("<p>Grüße, schöne Grüße"), Buffer.from([0xff])]),
      "Grüße, schöne Grüße�",
      { problems: ["1 place is no UTF-8 and stands as U+FFFD"] },
    ],
    [
      "an encoding that nobody decodes",
      Buffer.concat([Buffer.from("<meta charset=iso-2022-kr>"), korean]),
      "세 계 인 권",
      { encoding: "EUC-KR" },
    ],
    [
      "a page that only a program fills",
      "<html><div id=app></div><script>start()</script></html>",
      "<html><div id=app></div><script>start()</script></html>",
      { problems: ["it has no text that a person would read; its source stands for it"] },
    ],
  ])("load() reads %s", async (_, html, text, told) => {
    write("one.html", Buffer.from(html));
    const { context, documents: read } = await load("one.html", { cwd: scratch });
    expect((context as string).slice(0, text.length)).toBe(text);
    expect(read[0]).toMatchObject({ kind: "html", problems: [], ...told });
  });

  it("load() reads it in the encoding that is said", async () => {
    write("latin.html", Buffer.from("<p>caf\u00e9", "latin1"));
    expect((await load("latin.html", { cwd: scratch, encoding: "latin1" })).context).toBe("caf\u00e9");
  });
});

describe("load() tells what a file is", () => {
  it("load() leaves source code that speaks of formats as it is", async () => {
    const sources = {
      "sniff.ts": 'if (head.includes("%PDF-1.7")) return "pdf";\n',
      "index.php": "<!doctype html>\n<?php retry(3) ?>\n",
    };
    for (const [name, text] of Object.entries(sources)) write(`sources/${name}`, text);
    const { context, unread } = await load("sources", { cwd: scratch });
    expect([Object.values(context), unread]).toEqual([Object.values(sources).toReversed(), []]);
  });

  it("load() knows a Word document without its name", async () => {
    const stdin = new PassThrough();
    stdin.end(readFileSync(join(documents, "real/letter.docx")));
    const { documents: read, remove } = await load("-", { stdin });
    expect(read).toMatchObject([{ name: "stdin", kind: "docx" }]);
    remove();
  });

  it("load() reads a table in another encoding as plain text, and says so", async () => {
    write(
      "legacy.csv",
      Buffer.concat([Buffer.from("name,text\n"), readFileSync(join(documents, "real/french-windows-1252.txt"))]),
    );
    const { documents: read, context } = await load("legacy.csv", { cwd: scratch });
    expect(context).toContain("droits de l’homme");
    expect(read).toMatchObject([
      { kind: "text", encoding: "windows-1252", problems: ["its encoding is not UTF-8; read as plain text"] },
    ]);
  });
});

describe("load() of several", () => {
  it("load() keeps two of one name apart", async () => {
    const stdin = new PassThrough();
    stdin.end("from a pipe");
    write("stdin", "from a file");
    const { context, remove } = await load(["-", "stdin"], { cwd: scratch, stdin });
    expect(context).toEqual({ stdin: "from a pipe", "stdin (2)": "from a file" });
    remove();
  });

  it.each([[["named", "named/broken.pdf"]], [["named/broken.pdf", "named"]]])(
    "load(%j) knows which file was named",
    async (paths) => {
      write("named/broken.pdf", "no PDF");
      write("named/fine.txt", "fine");
      expect((await load(paths, { cwd: scratch })).unread).toMatchObject([{ name: "named/broken.pdf", named: true }]);
    },
  );

  it("load() holds no more in memory than is short, also of documents that grow", async () => {
    for (const name of ["a.html", "b.html", "c.txt"]) write(`long/${name}`, "Long. ".repeat(400_000));
    const { context, documents: read, length, remove } = await load("long", { cwd: scratch });
    expect(context).toMatchObject({ kind: "file", format: "json" });
    const { path } = context as { path: string };
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(
      Object.fromEntries(
        ["a.html", "b.html", "c.txt"].map((name) => [
          `long/${name}`,
          name === "c.txt" ? "Long. ".repeat(400_000) : "Long. ".repeat(400_000).trimEnd(),
        ]),
      ),
    );
    expect(length).toBe(readFileSync(path, "utf8").length);
    for await (const piece of read[1]?.pieces() ?? []) expect(piece.length).toBeLessThanOrEqual(1_048_576);
    remove();
  });
});

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(scratch, name)), { recursive: true });
  writeFileSync(join(scratch, name), content);
}
