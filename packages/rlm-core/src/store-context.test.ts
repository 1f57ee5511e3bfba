import { mkdtempSync, readdirSync, readlinkSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError } from "./errors.ts";
import type { ContextRef } from "./context.ts";
import { file, type FileOptions } from "./file.ts";
import { sha256 } from "./hash.ts";
import { named } from "./named.ts";
import { openContext, pagedContext, storeContexts, streamContext } from "./store-context.ts";
import type { ContextInput } from "./store-context.ts";
import type { RunStore } from "./store.ts";
import { directoryStore } from "./stores/directory.ts";
import { memoryStore } from "./stores/memory.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rlm-context-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("storeContexts()", () => {
  it("storeContexts() keeps a text and describes it", async () => {
    const store = memoryStore();
    const text = "One line.\n".repeat(100);
    expect(await storeContexts(text, store)).toEqual([
      { name: "context", kind: "string", length: 1000, ref: `sha256:${sha256(text)}`, prefix: text.slice(0, 500) },
    ]);
    expect(await openContext(`sha256:${sha256(text)}`, store)).toBe(text);
  });

  it.each(["text", "json", "jsonl", "csv"] as const)(
    "storeContexts() and pagedContext() stop reading a file (%s) when their signal aborts",
    async (format) => {
      const path = join(folder, "rows");
      writeFileSync(path, "[1]\n".repeat(1_000_000));
      const read = async (reading: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> => {
        const controller = new AbortController();
        const stopped = reading(controller.signal).catch((error: unknown) => error);
        controller.abort("enough");
        return await stopped;
      };
      expect(await read((signal) => storeContexts(file(path, { format }), memoryStore(), signal))).toBe("enough");
      const [context] = await storeContexts(file(path, { format }), memoryStore());
      utimesSync(path, 1, 1);
      expect(await read((signal) => pagedContext(context?.ref ?? "", signal))).toBe("enough");
    },
  );

  it("storeContexts() keeps arrays and plain objects as JSON, an object as one context", async () => {
    const store = memoryStore();
    const [array] = await storeContexts(["a", { b: 1 }], store);
    expect(array).toMatchObject({ name: "context", kind: "array", length: 13, items: 2, prefix: '["a",{"b":1}]' });
    const [object] = await storeContexts({ logs: "x", at: new Date(0), none: undefined }, store);
    expect(object).toMatchObject({ kind: "object", items: 3 });
    expect(JSON.parse(await openContext(object?.ref ?? "", store))).toEqual({
      logs: "x",
      at: "1970-01-01T00:00:00.000Z",
    });
  });

  it("storeContexts() gives each context of named() its name, in order", async () => {
    const path = write("chat.txt", "hello");
    const refs = await storeContexts(
      named({ logs: "text", rows: [1], chat: file(path), 판문점: { a: 1 } }),
      memoryStore(),
    );
    expect(refs.map(({ name, kind }) => [name, kind])).toEqual([
      ["logs", "string"],
      ["rows", "array"],
      ["chat", "string"],
      ["판문점", "object"],
    ]);
  });

  it("storeContexts() cuts the prefix at 500 characters and never through a surrogate pair", async () => {
    const [cut] = await storeContexts(`${"x".repeat(499)}🌏 and more`, memoryStore());
    expect(cut?.prefix).toBe("x".repeat(499));
    const [whole] = await storeContexts(`${"x".repeat(498)}🌏 and more`, memoryStore());
    expect(whole?.prefix).toBe(`${"x".repeat(498)}🌏`);
  });

  it("storeContexts() copies nothing of a file to the store", async () => {
    const path = write("log.txt", "\ufeffgrüße 🌏");
    const store = memoryStore();
    const [ref] = await storeContexts(file(path), store);
    const bytes = Buffer.from("\ufeffgrüße 🌏");
    expect(ref).toMatchObject({ kind: "string", length: 8, prefix: "grüße 🌏" });
    expect(JSON.parse(ref?.ref.slice(5) ?? "")).toEqual({ path, size: bytes.length, sha256: sha256(bytes) });
    await expect(store.get(`sha256:${sha256("grüße 🌏")}`)).rejects.toThrow("not in this store");
    expect(await openContext(ref?.ref ?? "", store)).toBe("grüße 🌏");
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  let deep: unknown[] = [];
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  const bad: [string, unknown, RegExp][] = [
    ["undefined", undefined, /to be a text, an array, a plain object, file\("…"\) or named\({ … }\), got undefined$/],
    ["null", null, /got null$/],
    ["a number", 7, /got a number$/],
    ["a function", () => "text", /got a function$/],
    ["a Map", new Map([[1, 2]]), /got a Map$/],
    ["a Buffer", Buffer.from("x"), /got a Buffer$/],
    ["a promise", Promise.resolve("x"), /got a Promise$/],
    ["an empty text", "", /the text is empty$/],
    ["an empty array", [], /the array is empty$/],
    ["an empty object", {}, /the object is empty$/],
    ["white space", " \n\t\u00a0", /the text has only white space$/],
    ["a cycle", cyclic, /it contains itself/],
    ["a BigInt", { a: [1n] }, /it has a BigInt.*pass it as a text$/],
    ["deep nesting", deep, /nested too deeply.*flatten it$/],
    ["a function inside", [{ run: () => 1 }], /context\[0\]\.run is a function/],
    ["NaN inside", { a: { b: NaN } }, /context\.a\.b is NaN/],
    ["a Set inside", { a: new Set([1]) }, /context\.a is a Set/],
    ["a file inside", [file("a.txt")], /context\[0\] is made by file\(\)/],
    ["named in named", named({ a: named({ b: "x" }) }), /a is made by named\(\); give such contexts at the top/],
    [
      "a text over the limit",
      "x".repeat(500_000_001),
      /500,000,001 characters, more than the 500,000,000 of one context; write it to a file/,
    ],
  ];
  for (const [what, value, message] of bad) {
    it(`storeContexts() of ${what} is an InputError that says so`, async () => {
      const refused = storeContexts(value as ContextInput, memoryStore());
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toBeInstanceOf(InputError);
    });
  }
});

describe("file()", () => {
  it("file() of nothing, or of something else than a path, is an InputError", () => {
    expect(() => file("")).toThrow("Expected file() to get a path, got an empty text");
    expect(() => file(undefined as unknown as string)).toThrow("got undefined");
  });

  it("file() is resolved where it is made", () => {
    expect(file("log.txt").path).toBe(join(process.cwd(), "log.txt"));
  });

  const bad: [string, () => string, RegExp][] = [
    ["a missing file", () => join(folder, "none.txt"), /there is no such file$/],
    ["a folder", () => folder, /it is a folder; name its files one by one/],
    ["a device", () => "/dev/null", /it is not a regular file/],
    ["an empty file", () => write("empty.txt", ""), /the file .*empty\.txt is empty$/],
    ["a blank file", () => write("blank.txt", " \n"), /has only white space$/],
    [
      "a NUL byte",
      () => write("zero.bin", Buffer.from("abc\0def")),
      /byte 3 is NUL, so it is not text; if it is UTF-16 .*encoding: "utf-16le"/,
    ],
    [
      "a Latin-1 file",
      () => write("latin1.txt", Buffer.from("x".repeat(200_001) + "é", "latin1")),
      /not UTF-8 from byte 200001 on; say its encoding, as file\(path, \{ encoding: "latin1" \}\)/,
    ],
    [
      "a character cut at the end",
      () => write("cut.txt", Buffer.from("가나").subarray(0, 5)),
      /not UTF-8 from byte 3 on/,
    ],
    [
      "a bad byte after many long characters",
      () => write("late.txt", Buffer.concat([Buffer.from("🌏가é".repeat(30_000)), Buffer.from([0x41, 0xff, 0x41])])),
      /not UTF-8 from byte 270001 on/,
    ],
    [
      "a Latin-1 file after some megabytes",
      () => write("late-latin1.txt", Buffer.concat([Buffer.from("가".repeat(2_000_000)), Buffer.from("é", "latin1")])),
      /not UTF-8 from byte 6000000 on/,
    ],
    [
      "a NUL byte far behind what is not UTF-8",
      () =>
        write("zero-late.bin", Buffer.concat([Buffer.from([0xff]), Buffer.alloc(5_000_000, 0x41), Buffer.from([0])])),
      /byte 5000001 is NUL/,
    ],
    ["stray continuation bytes", () => write("stray.txt", Buffer.alloc(100_000, 0x80)), /not UTF-8 from byte 0 on/],
    ["a huge file of NULs", () => sparse("huge.txt", 1_500_000_001), /byte 0 is NUL/],
  ];
  for (const [what, make, message] of bad) {
    it(`file() of ${what} is an InputError that names the path`, async () => {
      const path = make();
      const refused = storeContexts(file(path), memoryStore());
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toThrow(path);
      await expect(refused).rejects.toBeInstanceOf(InputError);
    });
  }
});

describe("file(path, { encoding })", () => {
  const text = "caf\u00e9 판문점 🌏\nend";
  const wide = Buffer.from(text, "utf16le");
  const mark = Buffer.from("\ufeff", "utf16le");
  const read = async (bytes: Buffer, options?: FileOptions): Promise<{ text: string; ref?: ContextRef }> => {
    const store = memoryStore();
    const [ref] = await storeContexts(file(write("encoded.txt", bytes), options), store);
    return { text: await openContext(ref?.ref ?? "", store), ...(ref && { ref }) };
  };

  it("file() of UTF-16 is its text, by its mark or by its name", async () => {
    expect((await read(Buffer.concat([mark, wide]))).text).toBe(text);
    expect((await read(Buffer.concat([mark, wide]).swap16())).text).toBe(text);
    expect((await read(wide.swap16(), { encoding: "utf-16be" })).text).toBe(text);
    expect((await read(wide.swap16(), { encoding: "utf-16le" })).ref).toMatchObject({
      length: text.length,
      prefix: text,
    });
  });

  it("file() of Latin-1 is its text where that is said", async () => {
    expect((await read(Buffer.from("caf\u00e9 \u0080", "latin1"), { encoding: "latin1" })).text).toBe(
      "caf\u00e9 \u0080",
    );
  });

  it("file() tells where bytes are none of the encoding, across pieces too", async () => {
    const refused = (bytes: Buffer, options?: FileOptions) => expect(read(bytes, options)).rejects;
    const long = Buffer.from("🌏".repeat(700_000), "utf16le");
    await refused(Buffer.concat([mark, wide, Buffer.from([0x41])])).toThrow(
      `not UTF-16LE from byte ${2 + wide.length} on`,
    );
    await refused(Buffer.concat([mark, long, long.subarray(0, 2)])).toThrow(
      `not UTF-16LE from byte ${2 + long.length} on`,
    );
    await refused(Buffer.concat([mark, long, long.subarray(2)])).toThrow(
      `not UTF-16LE from byte ${2 + long.length} on`,
    );
    await refused(Buffer.concat([mark, wide, Buffer.alloc(2), wide])).toThrow(`byte ${2 + wide.length} is NUL`);
    await refused(Buffer.from(`${text}!`), { encoding: "utf-16be" }).toThrow(
      /not UTF-16BE from byte \d+ on; see whether/,
    );
    await refused(wide).toThrow('if it is UTF-16 without a byte order mark, say file(path, { encoding: "utf-16le" })');
    expect((await read(Buffer.concat([mark, long]))).ref?.length).toBe(1_400_000);
  });

  it("file() refuses an encoding that contradicts the byte order mark, though the bytes may be characters of it", async () => {
    const big = Buffer.concat([mark, wide]).swap16();
    await expect(read(big, { encoding: "utf-16le" })).rejects.toThrow(
      "its byte order mark says UTF-16BE, its encoding was given as UTF-16LE; leave the encoding out",
    );
    await expect(read(Buffer.from("\ufeffhi"), { encoding: "latin1" })).rejects.toThrow("mark says UTF-8");
    expect((await read(big, { encoding: "utf-16be" })).text).toBe(text);
  });

  it("file() of an encoding that it does not know is an InputError", () => {
    expect(() => file("x", { encoding: "ascii" as "utf-8" })).toThrow(
      'Expected encoding of file() to be one of utf-8, utf-16le, utf-16be, latin1, got "ascii"',
    );
  });
});

describe('file(path, { format: "json" })', () => {
  it("file() of JSON is an array or an object by how it begins, its items not counted", async () => {
    const array = write("rows.json", '\ufeff\n [{"a": 1}, 2]');
    const object = write("folder.json", '{"a.txt": "text"}');
    const refs = await storeContexts(
      named({ rows: file(array, { format: "json" }), folder: file(object, { format: "json" }), text: file(object) }),
      memoryStore(),
    );
    expect(refs.map(({ kind, length, items }) => [kind, length, items])).toEqual([
      ["array", 15, undefined],
      ["object", 17, undefined],
      ["string", 17, undefined],
    ]);
  });

  it("file() of other JSON, of an empty one and of unknown options is an InputError", async () => {
    const scalar = write("scalar.json", ' "text"');
    const empty = write("empty.json", "[ \n ]");
    const refused = (path: string) => storeContexts(file(path, { format: "json" }), memoryStore());
    await expect(refused(scalar)).rejects.toThrow(
      `Cannot use context "context": the file ${scalar} is not JSON of an array or an object, it begins with "\\""`,
    );
    await expect(refused(empty)).rejects.toThrow(`the array in the file ${empty} is empty`);
    const options = { JSON: true } as object;
    expect(() => file(empty, options)).toThrow('Unknown option "JSON" of file(): expected format or encoding');
    expect(() => file(empty, { format: "yes" as "json" })).toThrow(
      'Expected format of file() to be one of text, json, jsonl, csv, got "yes"',
    );
  });
});

describe("streamContext()", () => {
  const text = `${"\r\nx판🌏é".repeat(700_000)}end`;

  it("streamContext() gives a file in pieces, without its mark, and none of them long", async () => {
    const store = memoryStore();
    const [ref] = await storeContexts(file(write("long.txt", `\ufeff${text}\ufeff`)), store);
    const pieces = await piecesOf(ref?.ref ?? "", store);
    expect(ref?.length).toBe(text.length + 1);
    expect(pieces.join("") === `${text}\ufeff`).toBe(true);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(2_200_000);
    expect((await openContext(ref?.ref ?? "", store)) === `${text}\ufeff`).toBe(true);
  });

  it("streamContext() gives a text of a store in pieces", async () => {
    for (const store of [memoryStore(), directoryStore(folder)]) {
      for (const stored of [text, `${text}\ud800 half a pair`]) {
        const [ref] = await storeContexts(stored, store);
        const pieces = await piecesOf(ref?.ref ?? "", store);
        expect(pieces.length).toBeGreaterThan(1);
        expect(pieces.join("") === stored).toBe(true);
      }
    }
  });

  it("streamContext() of a file that changed ends in an error, after its pieces if its size is the same", async () => {
    const path = write("long.txt", text);
    const store = memoryStore();
    const [ref] = await storeContexts(file(path), store);
    write("long.txt", text.replace(/end$/, "dne"));
    await expect(piecesOf(ref?.ref ?? "", store)).rejects.toMatchObject({
      code: "store",
      message: `Cannot open context file ${path}: it changed since the run began (its hash differs)`,
    });
  });

  it("streamContext() closes the file of which no more is wanted", async () => {
    const store = memoryStore();
    const [ref] = await storeContexts(file(write("long.txt", text)), store);
    const before = openFiles();
    for await (const piece of streamContext(ref?.ref ?? "", store)) {
      expect(piece).not.toBe("");
      break;
    }
    expect(openFiles()).toEqual(before);
  });
});

async function piecesOf(ref: string, store: RunStore): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of streamContext(ref, store)) pieces.push(piece);
  return pieces;
}

function openFiles(): string[] {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").filter((name) => isFileOf(folder, name)) : [];
}

function isFileOf(place: string, descriptor: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(place);
  } catch {
    return false;
  }
}

describe("openContext()", () => {
  it("openContext() refuses a file that changed or went away, and names it", async () => {
    const path = write("log.txt", "before");
    const store = memoryStore();
    const [ref] = await storeContexts(file(path), store);
    const open = () => openContext(ref?.ref ?? "", store);
    write("log.txt", "edited");
    await expect(open()).rejects.toMatchObject({
      code: "store",
      message: `Cannot open context file ${path}: it changed since the run began (its hash differs)`,
    });
    write("log.txt", "longer than before");
    await expect(open()).rejects.toThrow("(6 bytes then, 18 now)");
    rmSync(path);
    await expect(open()).rejects.toMatchObject({
      code: "store",
      message: `Cannot open context file ${path}: there is no such file`,
    });
  });

  it("openContext() of a reference that is none is an RlmError with code store", async () => {
    for (const ref of ["file:", "file:null", 'file:{"path":1}', "sha256:x"])
      await expect(openContext(ref, memoryStore())).rejects.toMatchObject({ code: "store" });
  });
});

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function sparse(name: string, size: number): string {
  const path = write(name, "");
  truncateSync(path, size);
  return path;
}
