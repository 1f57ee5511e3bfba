import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { file } from "rlm-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { load } from "./load.ts";
import type { Loaded } from "./loaded.ts";

const testing = join(import.meta.dirname, "testing");
const documents = join(testing, "documents");
const scratch = mkdtempSync(join(tmpdir(), "rlm-load-test-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("load() of real files of each kind", () => {
  let loaded: Loaded;
  let texts: Record<string, string>;
  beforeAll(async () => {
    loaded = await load("real", { cwd: documents });
    texts = loaded.context as Record<string, string>;
  }, 60_000);

  it("load() reads all of them, each as what it is", () => {
    expect(loaded.unread).toEqual([]);
    expect(loaded.documents.map(({ name, kind, encoding }) => [name, kind, encoding])).toEqual([
      ["real/data.csv", "csv", undefined],
      ["real/data.json", "json", undefined],
      ["real/data.jsonl", "jsonl", undefined],
      ["real/data.tsv", "csv", undefined],
      ["real/french-windows-1252.txt", "text", "windows-1252"],
      ["real/japanese-shift-jis.txt", "text", "Shift_JIS"],
      ["real/korean-euc-kr.txt", "text", "EUC-KR"],
      ["real/korean.pdf", "pdf", undefined],
      ["real/legacy.html", "html", undefined],
      ["real/letter.docx", "docx", undefined],
      ["real/notes.md", "text", undefined],
      ["real/page.html", "html", undefined],
      ["real/report.pdf", "pdf", undefined],
      ["real/russian-utf-16be-bom.txt", "text", undefined],
      ["real/russian-windows-1251.txt", "text", "windows-1251"],
    ]);
    expect(Object.keys(texts)).toEqual(loaded.documents.map(({ name }) => name));
    for (const { name, chars } of loaded.documents) expect(texts[name]?.length).toBe(chars);
    expect(loaded.length).toBe(JSON.stringify(texts).length);
  });

  it.each([
    ["korean.pdf", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다."],
    ["letter.docx", "Adopted in Paris, at the Palais de Chaillot, on 10 December 1948 — «résolution 217 A»."],
    ["letter.docx", "# Preamble\n"],
    ["letter.docx", "- Freedom from want\n  - 공포와 결핍으로부터의 자유"],
    ["letter.docx", "English    All human beings are born free and equal in dignity and rights.\n"],
    ["notes.md", "- So is what stands in other scripts: 한국어, 日本語, русский.\n\n| a | b |"],
    ["page.html", "# fnmatch — Unix filename pattern matching"],
    ["page.html", "*         matches everything\n"],
    ["legacy.html", "# 주소와 포트 지정 (Binding)"],
    ["french-windows-1252.txt", "Déclaration universelle des droits de l’homme"],
    ["japanese-shift-jis.txt", "人類社会のすべての構成員の固有の尊厳と平等で譲ることのできない権利とを承認することは"],
    ["korean-euc-kr.txt", "모든 인류 구성원의 천부의 존엄성과 동등하고 양도할 수 없는 권리를 인정하는 것이"],
    ["russian-windows-1251.txt", "Всеобщая декларация прав человека"],
    ["russian-utf-16be-bom.txt", "Всеобщая декларация прав человека"],
  ])("load() finds in %s: %s", (name, words) => {
    expect(texts[`real/${name}`]).toContain(words);
  });

  it("load() leaves scripts, styles and addresses out of a page", () => {
    for (const word of ["copybutton.js", "full-width-table", "<div", "https://docs.python.org/3"])
      expect(texts["real/page.html"]).not.toContain(word);
  });

  it("load() says where each page of a PDF begins in its text", () => {
    const { pages = [] } = loaded.documents.find(({ name }) => name === "real/report.pdf") ?? {};
    const text = texts["real/report.pdf"] ?? "";
    const page = (words: string): number => {
      const at = text.replaceAll("\n", " ").indexOf(words);
      return at === -1 ? 0 : pages.filter((start) => start <= at).length;
    };
    // As pdftotext has them.
    expect(page("An iterator is a special type of object that generalizes the notion of a looping variable.")).toBe(1);
    expect(page("Iterators can also be created from functions, in which case the iterator can be an endless")).toBe(2);
    expect(page("For example, the irnorm function creates an iterator for which each value is drawn from a")).toBe(3);
    expect(page("The icount function returns an iterator that counts starting from one:")).toBe(4);
    expect(pages.map((start) => text.slice(Math.max(0, start - 2), start + 8))).toEqual([
      "[page 1]",
      "\n\f[page 2]",
      "\n\f[page 3]",
      "\n\f[page 4]",
    ]);
    // One page needs no number.
    expect(texts["real/korean.pdf"]).toMatch(/^세 계 인 권 선 언/);
  });
});

describe("load() of one file", () => {
  it.each([
    ["data.csv", file(join(documents, "real/data.csv"), { format: "csv" })],
    ["data.tsv", file(join(documents, "real/data.tsv"), { format: "csv" })],
    ["data.json", file(join(documents, "real/data.json"), { format: "json" })],
    ["data.jsonl", file(join(documents, "real/data.jsonl"), { format: "jsonl" })],
    ["russian-utf-16be-bom.txt", file(join(documents, "real/russian-utf-16be-bom.txt"))],
  ])("load() leaves %s where it is", async (name, context) => {
    const loaded = await load(name, { cwd: join(documents, "real") });
    expect(loaded.context).toEqual(context);
    expect(loaded.documents).toMatchObject([{ name, problems: [] }]);
  });

  it.each([
    ["broken.csv", "it is no CSV: row 3: Quoted field unterminated; read as plain text"],
    ["broken.json", "it is no JSON (line 1 column 41); read as plain text"],
    ["broken.jsonl", "2 of its 8 lines are not JSON and stay texts: 2, 5"],
  ])("load() says what is wrong with %s, and reads it", async (name, problem) => {
    const { documents: read } = await load(name, { cwd: join(documents, "hostile") });
    expect(read).toMatchObject([{ name, problems: [problem] }]);
  });

  it("load() reads stdin, and removes its temporary files when told to", async () => {
    const stdin = new PassThrough();
    stdin.end(readFileSync(join(documents, "real/page.html")));
    const folder = join(scratch, "temporary");
    mkdirSync(folder);
    vi.stubEnv("TMPDIR", folder);
    const loaded = await load("-", { stdin });
    vi.unstubAllEnvs();
    expect(loaded.documents).toMatchObject([{ name: "stdin", kind: "html" }]);
    expect(loaded.context).toContain("# fnmatch");
    expect(readdirSync(folder)).toHaveLength(1);
    loaded.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("load() reads damaged UTF-8 as that, and says so", async () => {
    write("damaged.txt", Buffer.concat([Buffer.from("für schöne Grüße "), Buffer.from([0xc3]), Buffer.from(" Ende")]));
    const { context, documents: read } = await load("damaged.txt", { cwd: scratch });
    expect(context).toBe("für schöne Grüße � Ende");
    expect(read).toMatchObject([{ problems: ["1 place is no UTF-8 and stands as U+FFFD"] }]);
  });

  it.each([
    [[], {}, "Expected load() to get a path, or paths, that are no empty texts"],
    ["", {}, "Expected load() to get a path, or paths, that are no empty texts"],
    ["x", { folder: "y" }, 'Unknown option "folder" of load(): expected one of cwd, encoding'],
    [
      "x",
      { encoding: "euc-kr" },
      'Expected encoding of load() to be one of utf-8, utf-16le, utf-16be, latin1, got "euc-kr"',
    ],
    ["nowhere", {}, "Cannot read the context nowhere: there is no such file or folder"],
    [["-", "-"], {}, "Cannot read stdin twice: give - once"],
  ])("load(%j, %j) is refused", async (paths, options, message) => {
    await expect(load(paths, { cwd: scratch, ...options } as never)).rejects.toThrow(message);
  });

  it("load() ends at an abort, with its reason", async () => {
    const reason = new Error("enough");
    const stop = new AbortController();
    const loading = load("real/report.pdf", { cwd: documents, signal: stop.signal });
    setImmediate(() => stop.abort(reason));
    await expect(loading).rejects.toBe(reason);
    await expect(load("real", { cwd: documents, signal: stop.signal })).rejects.toBe(reason);
  });
});

describe("load() of what is broken or hostile", () => {
  let loaded: Loaded;
  beforeAll(async () => {
    const folder = join(scratch, "hostile");
    cpSync(join(documents, "hostile"), folder, { recursive: true });
    symlinkSync("/etc/passwd", join(folder, "link.txt"));
    symlinkSync("/etc", join(folder, "etc"));
    loaded = await load("hostile", { cwd: scratch });
  }, 60_000);

  it("load() says of each why it cannot be read, and reads the rest", () => {
    expect(Object.fromEntries(loaded.unread.map(({ name, why }) => [name.slice("hostile/".length), why]))).toEqual({
      "billion-laughs.docx": "it is damaged, or no Word document (entity not found:&l12;)",
      "binary.txt": "it is not text (byte 8 is NUL)",
      "bomb-2gb-double-flate.pdf": "to convert it takes more than 1,000 MB of memory",
      "cjk-no-tounicode.pdf":
        "it has no other text: text in fonts with the character map UniJIS-UTF16-H, 90ms-RKSJ-H, KSCms-UHC-H cannot be read",
      "deep-xml.docx": "it is damaged, or no Word document (Maximum call stack size exceeded)",
      "empty.pdf": "it is empty",
      "encrypted.docx": "it is an old Office document, or an encrypted one; save it as .docx without a password first",
      "encrypted.pdf": "it is encrypted: take the password off first, for instance by qpdf --decrypt",
      "not-a.docx": expect.stringMatching(/^it is damaged, or no Word document \(Could not find main document part/),
      "not-a.pdf": "it is no PDF",
      "scanned.pdf":
        "it has no text: its pages are images, empty or damaged; recognise the text of images first, for instance by ocrmypdf",
      "truncated.docx": "it is damaged, or no Word document (Corrupted zip: can't find end of central directory)",
      "truncated.pdf": "it is damaged, or no PDF (Invalid PDF structure.)",
      "utf16-odd.txt": "it is not text (it is not UTF-16LE)",
      "xxe.docx": "it is damaged, or no Word document (entity not found:&net;)",
      "zip-named.csv": "it is not text (it is a ZIP archive)",
      "zip-slip.docx": expect.stringMatching(/^it is damaged, or no Word document/),
    });
    expect(loaded.leftOut).toEqual(["hostile: 2 symbolic links"]);
    const read = loaded.documents.map(({ name }) => name.slice("hostile/".length));
    expect(read).toEqual([
      "bad-utf8.txt",
      "blank.html",
      "bom-only.txt",
      "broken.csv",
      "broken.json",
      "broken.jsonl",
      "broken.tsv",
      "charset-lies.html",
      "control-chars.txt",
      "hidden-text.pdf",
      "javascript.pdf",
      "main-part-outside.docx",
      "page-tree-loop.pdf",
      "proto.json",
      "unclosed.html",
    ]);
  });

  it("load() gives nothing of other files of the machine", () => {
    expect(JSON.stringify(loaded.context)).not.toContain("root:");
  });

  it("load() says which page of a PDF it could not read", () => {
    expect(loaded.documents.find(({ name }) => name.endsWith("page-tree-loop.pdf"))?.problems).toEqual([
      "page 2 cannot be read",
    ]);
  });

  it("load() says of each table and JSON that was named what is wrong with it, and reads all", async () => {
    const names = ["broken.csv", "broken.tsv", "broken.json", "broken.jsonl", "proto.json"];
    const { documents: read, context, unread } = await load(names, { cwd: join(documents, "hostile") });
    expect(Object.keys(context)).toEqual(names);
    expect(unread).toEqual([]);
    expect(read.map(({ problems }) => problems)).toEqual([
      ["it is no CSV: row 3: Quoted field unterminated; read as plain text"],
      ["it is no CSV: row 2: Quoted field unterminated; read as plain text"],
      ["it is no JSON (line 1 column 41); read as plain text"],
      ["2 of its 8 lines are not JSON and stay texts: 2, 5"],
      [],
    ]);
  });

  it("load() of files that can none be read says why", async () => {
    await expect(load(["empty.pdf", "not-a.pdf"], { cwd: join(documents, "hostile") })).rejects.toThrow(
      "none of its 2 files has a text in it\n  empty.pdf: it is empty\n  not-a.pdf: it is no PDF",
    );
  });

  it("load() converts nothing that has more than 100 million bytes", async () => {
    write("long.pdf", "%PDF-1.7\n");
    truncateSync(join(scratch, "long.pdf"), 100_000_001);
    await expect(load("long.pdf", { cwd: scratch })).rejects.toMatchObject({
      reason: "limit",
      why: "it has more than 100,000,000 bytes, the most that is converted",
    });
  });
});

describe("load() of a source tree", () => {
  beforeAll(() => {
    const tree = JSON.parse(readFileSync(join(testing, "tree.json"), "utf8")) as Record<string, string>;
    for (const [name, text] of Object.entries(tree)) write(`tree/${name}`, text);
  });

  it("load() leaves out what .gitignore files leave out, as git does, and hidden files", async () => {
    const { context, leftOut } = await load("tree", { cwd: scratch });
    expect(Object.keys(context).map((name) => name.slice("tree/".length))).toEqual(gitKeeps);
    expect(leftOut).toEqual(["tree: node_modules, 24 entries that .gitignore leaves out, 6 hidden files or folders"]);
  });

  it("load() keeps to the .gitignore of a repository that the folder is in, unless it leaves out the folder itself", async () => {
    write("repository/.git/HEAD", "ref: refs/heads/main\n");
    write("repository/.gitignore", "*.log\n/dist\n");
    write("repository/src/a.ts", "a");
    write("repository/src/a.log", "log");
    write("repository/dist/b.js", "b");
    write("repository/dist/b.log", "log");
    expect(Object.keys((await load("repository/src", { cwd: scratch })).context)).toEqual(["repository/src/a.ts"]);
    expect(Object.keys((await load("repository", { cwd: scratch })).context)).toEqual(["repository/src/a.ts"]);
    expect(Object.keys((await load("repository/dist", { cwd: scratch })).context)).toEqual([
      "repository/dist/b.js",
      "repository/dist/b.log",
    ]);
  });
});

// By `git ls-files --others --exclude-standard`, without hidden files.
const gitKeeps = [
  "README.md",
  "a/deep/x/y.txt",
  "cache",
  "docs/api/index.html",
  "docs/api/sub/b.html",
  "docs/guide.md",
  "file10.dat",
  "important.log",
  "main.js",
  "pkg/debug.log",
  "pkg/mod.py",
  "src/build/kept.ts",
  "src/index.ts",
  "src/lib/[x].txt",
  "src/lib/keep.gen.js",
  "src/lib/local.txt",
  "src/공백 있는 이름.md",
  "vendor/keep/k.js",
];

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(scratch, name)), { recursive: true });
  writeFileSync(join(scratch, name), content);
}
