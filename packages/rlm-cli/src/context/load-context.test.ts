import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { memoryStore, storeContexts, streamContext, type TextEncoding } from "rlm-core";
import { afterAll, describe, expect, it } from "vitest";
import { createProgress } from "../progress.ts";
import { temporaryFiles, type TemporaryFiles } from "../temporary-files.ts";
import { loadContext } from "./load-context.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-context-test-"));
const created: string[] = [];
const files = temporaryFiles();
const temporary: TemporaryFiles = {
  create(name) {
    created.push(name);
    return files.create(name);
  },
  remove: () => files.remove(),
};
afterAll(() => {
  temporary.remove();
  rmSync(folder, { recursive: true });
});

// In no order of their names, and of a case that a locale would sort otherwise.
write("notes/b.txt", "bee");
write("notes/a.txt", "ay");
write("notes/Z.txt", "zed");
write("notes/deep/é.md", "é 🪶");
write("notes/picture.png", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1]));
write("notes/latin.txt", Buffer.from([0x63, 0x61, 0x66, 0xe9]));
write("notes/.env", "secret");
write("notes/node_modules/left/index.js", "left");
write("notes/.git/HEAD", "head");
symlinkSync("/etc/passwd", join(folder, "notes/link.txt"));
write("bom.txt", Buffer.from([0xef, 0xbb, 0xbf, 0x68, 0x69]));
write("logs=old.txt", "old logs");

const four = { "notes/Z.txt": "zed", "notes/a.txt": "ay", "notes/b.txt": "bee", "notes/deep/é.md": "é 🪶" };

describe("loadContext()", () => {
  it("loadContext() makes one file the text itself, without its byte order mark", async () => {
    const { contexts, loaded } = await load(["bom.txt"]);
    expect(contexts).toEqual({ context: "hi" });
    expect(loaded).toMatchObject({ words: "1 file, 2 characters", bytes: 5, chars: 2, length: 2 });
  });

  it("loadContext() makes several files an object of their texts by path, each once, as they were given", async () => {
    const { contexts, loaded } = await load(["notes/b.txt", join(folder, "notes/a.txt"), "./notes/b.txt"]);
    expect(Object.entries(contexts["context"] as object)).toEqual([
      ["notes/b.txt", "bee"],
      ["notes/a.txt", "ay"],
    ]);
    expect(loaded).toMatchObject({ words: "2 files, 5 characters", bytes: 5, chars: 5 });
    expect(loaded.length).toBe(JSON.stringify(contexts["context"]).length);
    expect(await textOf(loaded.pieces())).toBe("beeay");
  });

  it("loadContext() reads a folder at any depth in the order of names, and says what it leaves out", async () => {
    const { contexts, said, loaded } = await load(["notes"]);
    expect(Object.entries(contexts["context"] as object)).toEqual(Object.entries(four));
    expect(said).toEqual([
      "Left out of notes: .git, node_modules, 1 hidden file or folder, 1 symbolic link",
      "Left out 2 files that are not text: notes/latin.txt, notes/picture.png",
    ]);
    expect(loaded).toMatchObject({ words: "4 files, 12 characters", bytes: 15 });
    expect(loaded.length).toBe(JSON.stringify(contexts["context"]).length);
  });

  it.each<[string, string[]]>([
    ["notes/*.txt", ["notes/Z.txt", "notes/a.txt", "notes/b.txt"]],
    ["notes/**/*.{md,js}", ["notes/deep/é.md"]],
    ["notes/node_modules/**/*.js", ["notes/node_modules/left/index.js"]],
    ["notes/.env*", ["notes/.env"]],
    ["notes/[ab].txt", ["notes/a.txt", "notes/b.txt"]],
  ])("loadContext() reads the files of the glob %s", async (glob, keys) => {
    const { contexts } = await load([glob]);
    expect(Object.keys(contexts["context"] as object)).toEqual(keys);
  });

  it("loadContext() makes a variable of name=PATH, but of a file of such a name a path", async () => {
    const { contexts, loaded } = await load(["rules=notes/a.txt", "logs=notes/b.txt", "logs=bom.txt", "logs=old.txt"]);
    expect(contexts).toEqual({
      rules: "ay",
      logs: { "notes/b.txt": "bee", "bom.txt": "hi" },
      context: "old logs",
    });
    expect(loaded.words).toBe("rules, logs, context: 4 files, 15 characters");
  });

  it("loadContext() reads stdin by way of a temporary file of this user", async () => {
    const stdin = new PassThrough();
    const loading = load(["chat=-", "notes/a.txt"], stdin);
    stdin.write("one ");
    stdin.end("two");
    const { contexts } = await loading;
    expect(contexts).toEqual({ chat: "one two", context: "ay" });
    expect(created.splice(0)).toEqual(["stdin"]);
    temporary.remove();
  });

  it("loadContext() reads a pipe, as of <(command), once", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const loading = load([pipe]);
    // Opening waits for the reader, so not in this thread.
    await writeFile(pipe, "through a pipe");
    expect((await loading).contexts).toEqual({ context: "through a pipe" });
    expect(created.splice(0)).toEqual([`pipe-${pipe.replace(/\W+/g, "-")}`]);
    rmSync(pipe);
    temporary.remove();
  });

  it("loadContext() makes the same of files that are too long for memory", async () => {
    const long = "The heron waits “there” 🪶.\n".repeat(60_000);
    write("long/b.txt", long);
    write("long/a.txt", "short");
    // It is left out only after a part of it was written.
    write("long/aa.bin", Buffer.concat([Buffer.from(long), Buffer.from([0])]));
    write("long/c.txt", long);
    const { contexts, loaded, said } = await load(["long"]);
    expect(contexts).toEqual({ context: { "long/a.txt": "short", "long/b.txt": long, "long/c.txt": long } });
    expect(said).toEqual(["Left out 1 file that is not text: long/aa.bin"]);
    expect(loaded.length).toBe(JSON.stringify(contexts["context"]).length);
    expect(created.splice(0)).toEqual(["context.json"]);
    temporary.remove();
  });

  it.each<[string[], RegExp]>([
    [[], /^No context: give --context PATH/],
    [["-", "chat=-"], /^Cannot read stdin twice/],
    [
      ["notes/picture.png", "bom.txt"],
      /^Cannot read the context notes\/picture\.png: it is not text \(byte 4 is NUL\)/,
    ],
    [["-"], /^Cannot read the context stdin: it is empty/],
    [["nowhere"], /^Cannot read the context nowhere: there is no such file or folder/],
    [["notes/.git/*.md"], /: no file matches it/],
  ])("loadContext() refuses %j", async (given, message) => {
    await expect(load(given, Readable.from([]))).rejects.toThrow(message);
    temporary.remove();
  });

  it("loadContext() reads UTF-16 by its mark and all else by the name of its encoding, one file or several", async () => {
    const text = "caf\u00e9 판문점 🌏";
    write("wide.txt", Buffer.from(`\ufeff${text}`, "utf16le"));
    write("big.txt", Buffer.from(`\ufeff${text}`, "utf16le").swap16());
    write("latin.txt", Buffer.from("caf\u00e9 \u0080", "latin1"));
    write("odd.txt", "abc");
    expect((await load(["wide.txt"])).contexts).toEqual({ context: text });
    expect((await load(["wide.txt", "big.txt"])).contexts).toEqual({ context: { "wide.txt": text, "big.txt": text } });
    expect((await load(["latin.txt"], undefined, undefined, "latin1")).contexts).toEqual({
      context: "caf\u00e9 \u0080",
    });
    await expect(load(["latin.txt"])).rejects.toThrow("it is not UTF-8); say its encoding by --encoding");
    await expect(load(["odd.txt"], undefined, undefined, "utf-16le")).rejects.toThrow("it is not UTF-16LE");
    await expect(load(["big.txt"], undefined, undefined, "utf-16le")).rejects.toThrow(
      "big.txt: its byte order mark says UTF-16BE, not UTF-16LE as it was said; see whether its encoding is another than --encoding says, or convert it first",
    );
    await expect(load(["notes/picture.png"], undefined, undefined, "latin1")).rejects.toThrow(
      "byte 4 is NUL); see whether its encoding is another than --encoding says, or convert it first",
    );
    temporary.remove();
  });

  it("loadContext() stops when it is told to", async () => {
    const stdin = new PassThrough();
    const stop = new AbortController();
    stdin.write("never ends");
    const loading = load(["-"], stdin, stop.signal);
    setImmediate(() => stop.abort(new Error("enough")));
    await expect(loading).rejects.toThrow(/enough|abort/i);
    temporary.remove();
  });
});

/** Reads a context, and what a run would make of it by variable. */
async function load(
  given: string[],
  stdin: Readable = new PassThrough(),
  signal: AbortSignal = new AbortController().signal,
  encoding?: TextEncoding,
): Promise<{ loaded: Awaited<ReturnType<typeof loadContext>>; contexts: Record<string, unknown>; said: string[] }> {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const loaded = await loadContext(given, {
    io: { cwd: folder, stdin },
    signal,
    encoding,
    temporary,
    progress: createProgress(say),
    say,
  });
  const store = memoryStore();
  const refs = await storeContexts(loaded.context, store);
  const contexts: Record<string, unknown> = {};
  for (const ref of refs) {
    const text = await textOf(streamContext(ref.ref, store));
    contexts[ref.name] = ref.kind === "string" ? text : JSON.parse(text);
  }
  return { loaded, contexts, said };
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}
