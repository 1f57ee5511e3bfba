import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ContextRef } from "../../context.ts";
import { file, type FileOptions } from "../../file.ts";
import { parseFileRef, fileRef, type ViewName } from "../../file-ref.ts";
import { named } from "../../named.ts";
import type { Session, TextReference } from "../../sandbox.ts";
import { refOf } from "../../context-ref.ts";
import { openContext, pagedContext, storeContexts, streamContext } from "../../store-context.ts";
import { memoryStore } from "../../stores/memory.ts";
import { isolate } from "./isolate.ts";
import { testSession } from "./testing/test-session.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-paged-"));
const sandbox = isolate();
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const viewRef = (ref: string, view: ViewName): string => fileRef({ ...parseFileRef(ref), view });

let files = 0;
function write(content: string | Buffer): string {
  const path = join(folder, `${++files}.txt`);
  writeFileSync(path, content);
  return path;
}

/** Every text here is shorter than a string can be; said to be paged it is read in parts all the same. */
async function openPaged(
  paths: Record<string, string>,
  options?: FileOptions,
  more?: Parameters<ReturnType<typeof testSession>["options"]>[0],
): Promise<{ session: Session; contexts: ContextRef[]; run(code: string): Promise<string> }> {
  const contexts = await storeContexts(
    named(Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, file(path, options)]))),
    memoryStore(),
  );
  const paged = contexts.map((context): ContextRef => ({ ...context, paged: true }));
  const { options: sessionOptions, drive } = testSession("");
  const session = await sandbox.open(sessionOptions({ ...more, contexts: paged, paged: pagedContext }));
  return {
    session,
    contexts: paged,
    async run(code) {
      const { output, error } = await drive(session, code);
      if (error !== undefined) throw new Error(error.message);
      return output.text.trimEnd();
    },
  };
}

/** A session with the array `rows` of these lines, and the LongText `text`. */
async function openRows(lines: string): Promise<{ session: Session; run(code: string): Promise<string> }> {
  const [rows] = await storeContexts(named({ rows: file(write(lines), { format: "jsonl" }) }), memoryStore());
  const [text] = await storeContexts(named({ text: file(write(`some needle ${"x".repeat(300_000)}`)) }), memoryStore());
  const { options, drive } = testSession("");
  const session = await sandbox.open(options({ contexts: [rows!, { ...text!, paged: true }], paged: pagedContext }));
  return {
    session,
    async run(code) {
      const { output, error } = await drive(session, code);
      if (error !== undefined) throw new Error(error.message);
      return output.text.trimEnd();
    },
  };
}

const korean = "판문점 선언 🌏 line\r\n";

describe("a paged context", () => {
  const text = `${"plain line\n".repeat(300_000)}needle one\n${korean.repeat(200_000)}needle two`;
  const encodings: [string, Buffer, FileOptions?][] = [
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${text}`)],
    ["UTF-16LE with a mark", Buffer.from(`\ufeff${text}`, "utf16le")],
    ["UTF-16BE with a mark", Buffer.from(`\ufeff${text}`, "utf16le").swap16()],
    ["UTF-16LE that is named", Buffer.from(text, "utf16le"), { encoding: "utf-16le" }],
  ];
  for (const [encoding, bytes, options] of encodings) {
    it(`is read like a string: ${encoding}`, async () => {
      const { session, run } = await openPaged({ context: write(bytes) }, options);
      const cut = text.length - 1_000_000;
      expect(
        await run(
          "print(context.length, context.indexOf('needle two'), context.count('needle'), context.count(/🌏/gu))",
        ),
      ).toBe(`${text.length} ${text.indexOf("needle two")} 2 200000`);
      expect(await run(`print(context.slice(${cut}, ${cut + 50}), context[${cut}], context.at(-1))`)).toBe(
        `${text.slice(cut, cut + 50)} ${text[cut]} o`,
      );
      expect(await run("let n = 0; for (const line of context.lines()) n += line.length; print(n)")).toBe(
        String(text.replace(/\r?\n/g, "").length),
      );
      await session.close();
    });
  }

  it("is Latin-1 where that is said", async () => {
    const { session, run } = await openPaged(
      { context: write(Buffer.from("caf\u00e9 ".repeat(10_000), "latin1")) },
      { encoding: "latin1" },
    );
    expect(await run("print(context.count('café'), context.length)")).toBe("10000 50000");
    await session.close();
  });

  it("is searched by find(), shown by print() and SHOW_VARS(), and stands among others by name", async () => {
    const { session, run } = await openPaged({
      logs: write(`${"x".repeat(100_000)} The Needle. `),
      notes: write("short note"),
    });
    expect(await run("print(find('needle', { around: 5 }))")).toBe("1 hit:\n[logs, at 100005]  The Needle.");
    expect(await run("print(find(/note/, { within: notes }).total, context.notes.length, notes)")).toBe(
      "1 10 short note",
    );
    expect(await run("const part = logs.slice(-5); const all = logs; SHOW_VARS()")).toBe(
      "all: LongText, 100,013 characters\npart: string, 5 characters",
    );
    expect(await run("print(logs)")).toBe(`${"x".repeat(1_000)}… (a LongText of 100,013 characters)`);
    await session.close();
  });

  it("teaches what it has not, and takes no change", async () => {
    const { session, run } = await openPaged({ context: write("a text") });
    await expect(run("context.replaceAll('a', 'b')")).rejects.toThrow(
      "TypeError: A LongText has no replaceAll(): use it on parts, from slice(from, to), lines(), chunks(size) or matchAll(/…/g)",
    );
    await expect(run("context.matchAll(/a/y)")).rejects.toThrow("matchAll needs a RegExp with the flag g");
    await expect(run("context.count('')")).rejects.toThrow("something to count");
    await expect(run("await llm_query(context)")).rejects.toThrow(
      "Expected the prompt to be a string, got a LongText (take a part of it by slice(from, to))",
    );
    expect(
      await run(
        "context.length = 1; context.x = 2; delete context.slice; print(context.length, context.x, context.slice(0, 1))",
      ),
    ).toBe("6 undefined a");
    await session.close();
  });

  it("goes to a child by reference, whole or a part of it, and so does a long string that is a whole context", async () => {
    const text = `${"line\n".repeat(50_000)}판문점`;
    const store = memoryStore();
    const [context] = await storeContexts(file(write(text)), store);
    const [plain] = await storeContexts(named({ plain: "y".repeat(20_000) }), store);
    const [short] = await storeContexts(named({ short: "y".repeat(200) }), store);
    const contexts: ContextRef[] = [{ ...context!, paged: true }, plain!, short!];
    const { options } = testSession("");
    const limits = { answerChars: 100_000 };
    const open = (more: object) =>
      sandbox.open(
        options({ contexts, paged: pagedContext, limits, stream: (ref) => streamContext(ref, store), ...more }),
      );
    const session = await open({});
    const code = `rlm_query("all", context); rlm_query("end", context.slice(-150_000).slice(49_990)); rlm_query("plain", plain.slice(0)); rlm_query("short", short)`;
    const progress = await session.run({ code, clock: 1 });
    const calls = progress.kind === "waiting" ? progress.calls : [];
    const [all, end] = calls.map((call) => call.context as TextReference);
    expect(all).toEqual(contexts[0]);
    expect(end?.length).toBe(100_010);
    expect(calls[2]?.context).toEqual(plain);
    expect(calls[3]?.context).toEqual({ text: "y".repeat(200), json: false });
    const ref = await refOf("context", end!, store);
    expect(ref).toMatchObject({ kind: "string", length: 100_010, prefix: text.slice(-100_010, -99_510) });
    expect(await openContext(ref.ref, store)).toBe(text.slice(-100_010));
    await session.close();
    const child = await open({ contexts: [{ ...ref, paged: true }] });
    const grandchild = await child.run({ code: 'rlm_query("q", context.slice(3)); print(context.length)', clock: 1 });
    const [call] = grandchild.kind === "waiting" ? grandchild.calls : [];
    expect(await openContext((call!.context as TextReference).ref, store)).toBe(text.slice(-100_007));
    await child.close();
  });

  it("is an array of rows, read as they are asked for", async () => {
    const lines = Array.from(
      { length: 60_000 },
      (_, n) => `{"id":${n},"tags":["t${n % 7}"],"text":"${"x".repeat(20)}"}`,
    );
    const table = ["id,price,name", ...Array.from({ length: 60_000 }, (_, n) => `${n},${n / 4},"Name ""${n}"""`)];
    const jsonl = write(`${lines.join("\n")}\nnot json\n`);
    const csv = write(table.join("\r\n"));
    const store = memoryStore();
    const contexts = await storeContexts(
      named({ logs: file(jsonl, { format: "jsonl" }), sales: file(csv, { format: "csv" }) }),
      store,
    );
    expect(contexts).toMatchObject([
      {
        kind: "array",
        items: 60_001,
        paged: true,
        prefix: expect.stringMatching(/^\[\{"id":0,"tags":\["t0"\]/) as string,
      },
      {
        kind: "array",
        items: 60_000,
        paged: true,
        prefix: expect.stringMatching(/^\[\{"id":0,"price":0,"name":"Name \\"0\\""\}/) as string,
      },
    ]);
    const { options, drive } = testSession("");
    const session = await sandbox.open(options({ contexts, paged: pagedContext }));
    const run = async (code: string): Promise<string> => {
      const { output, error } = await drive(session, code);
      if (error !== undefined) throw new Error(error.message);
      return output.text.trimEnd();
    };
    expect(
      await run(
        "print(Array.isArray(sales), sales.length, sales[59_999].name, sales.at(-2).price, sales[60_000], 5 in sales)",
      ),
    ).toBe('true 60000 Name "59999" 14999.5 undefined true');
    expect(
      await run(
        "let sum = 0; for (const { price } of sales) sum += price; print(sum, sales.filter((row) => row.id % 1000 === 0).length)",
      ),
    ).toBe(`${(59_999 * 60_000) / 8} 60`);
    expect(
      await run(
        "print(logs.slice(10, 12).map((row) => row.id), logs.findLast((row) => row.tags?.[0] === 't3').id, logs.at(-1))",
      ),
    ).toBe("[10, 11] 59999 not json".replace("59999", String(lines.findLastIndex((line) => line.includes('"t3"')))));
    expect(await run("print(find('Name \"777\"'))")).toBe('1 hit:\n[sales.777.name, at 0] Name "777"');
    expect(await run("print(sales.slice(0, 1)); SHOW_VARS()")).toBe(
      '[{ id: 0, price: 0, name: "Name \\"0\\"" }]\nsum: number',
    );
    await expect(run("sales[0] = 1")).rejects.toThrow('TypeError: "sales" is read from its file and cannot be changed');
    await expect(run("sales.sort()")).rejects.toThrow("cannot be changed");
    expect(await run("sales[0].id = 7; print(sales[0].id)")).toBe("0");
    const call = await session.run({ code: "rlm_query('q', sales)", clock: 1 });
    const [given] = call.kind === "waiting" ? call.calls : [];
    expect(await refOf("context", given!.context as ContextRef, store)).toEqual({ ...contexts[1], name: "context" });
    await session.close();
  });

  it("runs nothing of the code's while it is read, printed or inspected, whatever Object.prototype has", async () => {
    const lines = Array.from({ length: 30 }, (_, n) => `{"n":${n}}`).join("\n");
    const { session, run } = await openRows(lines);
    const traps = ["get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor", "isExtensible"];
    expect(
      await run(
        `let seen = 0; for (const name of ${JSON.stringify(traps)}) Object.prototype[name] = (...given) => { seen++; return Reflect[name](...given); };
        print(rows.slice(0, 2), text.slice(0, 4), find("needle", { within: text }).total, rows[1].n); print(seen)`,
      ),
    ).toBe("[{ n: 0 }, { n: 1 }] some 1 1\n0");
    await session.inspect();
    expect(await run("SHOW_VARS(); print(seen)")).toBe("seen: number\n0");
    await session.close();
  });

  it("has the keys and elements that an array has", async () => {
    const { session, run } = await openRows('1\n{"a":[2]}\n' + "[".repeat(20_000) + "]".repeat(20_000));
    expect(
      await run(
        "let seen = ''; for (const at in rows) seen += at; print(Object.keys(rows), Object.entries(rows)[1][1].a, seen, JSON.stringify(rows.slice(0, 2)), { ...rows }[0], rows[2].length)",
      ),
    ).toBe('["0", "1", "2"] [2] 012 [1,{"a":[2]}] 1 1');
    await expect(run("rows[1].a[0] = 3; 'use strict'; (() => { 'use strict'; rows[1].a[0] = 3 })()")).rejects.toThrow(
      "Cannot assign to read only property",
    );
    await expect(run("await llm_query(rows)")).rejects.toThrow("Expected the prompt to be a string, got an array");
    await session.close();
  });

  it("gives the same rows after an inspection as without one", async () => {
    const { session, run } = await openRows(
      Array.from({ length: 40_000 }, (_, n) => `{"n":${n},"s":"${"y".repeat(20)}"}`).join("\n"),
    );
    await run("const all = rows, first = [0, 8_000, 16_000, 24_000, 32_000].map((n) => rows[n])");
    await session.inspect();
    // Of the five parts of the file that were read, the last four are known.
    expect(await run("print(rows[8_000] === first[1], rows[0] === first[0])")).toBe("true false");
    await session.close();
  });

  it("may be read at the end of the code's stack: that is an error of the code's, and no more", async () => {
    const { session, run } = await openRows("1");
    expect(
      await run(
        `let reads = 0, failed = 0;
        const dive = (n) => {
          try { dive(n + 1); } catch {}
          try { reads += text.slice((n % 3) * 70_000, (n % 3) * 70_000 + 66_000).length > 0; reads += text.count("q"); } catch { failed++; }
        };
        dive(0);
        print(reads > 0, failed > 0)`,
      ),
    ).toBe("true true");
    await session.close();
  });

  it("keeps in memory what the code keeps of it, not what is around that", async () => {
    const line = "ERROR number 7 is a line that is kept";
    const text = `${"some plain line of a log file\n".repeat(40_000)}${line}\n`.repeat(80);
    const limits = { heapMb: 64 };
    const { session, run } = await openPaged({ context: write(text) }, {}, { limits });
    expect(await run("const found = context.match(/ERROR.*/g); print(found.length, found[9])")).toBe(`80 ${line}`);
    expect(await run("const all = [...context.matchAll(/(?<what>ERROR.*)/g)]; print(all[9].groups.what)")).toBe(line);
    expect(
      await run(
        "const heads = []; for (let n = 0; n < 1_400; n++) heads.push(context.slice(n * 66_000, n * 66_000 + 20)); print(heads.length)",
      ),
    ).toBe("1400");
    await session.close();
  });

  it("is an array or an object of JSON that is too long to be parsed at once", async () => {
    const value = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, n) => [`src/${n}.ts`, `export const n = ${n};\n`.repeat(20)]),
    );
    const path = write(JSON.stringify(value, null, 1));
    const [whole] = await storeContexts(file(path, { format: "json" }), memoryStore());
    const object: ContextRef = { ...whole!, items: 3_000, ref: viewRef(whole!.ref, "object"), paged: true };
    const array: ContextRef = {
      ...object,
      name: "list",
      kind: "array",
      ref: viewRef(
        (await storeContexts(file(write(JSON.stringify(Object.entries(value))), { format: "json" }), memoryStore()))[0]!
          .ref,
        "json",
      ),
    };
    const { options, drive } = testSession("");
    const session = await sandbox.open(options({ contexts: [object, array], paged: pagedContext }));
    const run = async (code: string): Promise<string> => {
      const { output, error } = await drive(session, code);
      if (error !== undefined) throw new Error(error.message);
      return output.text.trimEnd();
    };
    expect(await run("print(Object.keys(context).length, context['src/7.ts'].length, list[2999])")).toBe(
      `3000 ${value["src/7.ts"]!.length} [\n  "src/2999.ts",\n  ${JSON.stringify(value["src/2999.ts"])}\n]`,
    );
    expect(await run("print(find('const n = 1234;', { within: context }).hits[0].key)")).toBe("src/1234.ts");
    expect(await run("print(context)")).toMatch(
      /^an object of 3,000 keys, whose values are read as they are asked for:\nsrc\/0\.ts\n/,
    );
    const total = String(Object.values(value).join("").length);
    expect(
      await run(
        "context['src/0.ts'] = 1; let n = 0; for (const [path, text] of Object.entries(context)) n += text.length; print(n)",
      ),
    ).toBe(total);
    await session.close();
  });

  it("is an object of many keys, which count as the context's memory and not as the code's", async () => {
    const value = Object.fromEntries(Array.from({ length: 120_000 }, (_, n) => [`folder/of/files/${n}.txt`, n]));
    const [whole] = await storeContexts(file(write(JSON.stringify(value)), { format: "json" }), memoryStore());
    const object: ContextRef = { ...whole!, items: 120_000, ref: viewRef(whole!.ref, "object"), paged: true };
    const { options, drive } = testSession("");
    const limits = { heapMb: 24 };
    const session = await sandbox.open(options({ contexts: [object], paged: pagedContext, limits }));
    const done = await drive(session, "print(Object.keys(context).length, context['folder/of/files/77.txt'])");
    expect(done).toMatchObject({ output: { text: "120000 77\n" } });
    await session.close();
  });

  it("is the same after a rebuild, and an error of the run where its file was changed", async () => {
    const path = write(`the first text${"x".repeat(200_000)}`);
    const { session, contexts, run } = await openPaged({ context: path });
    await run("const kept = context.slice(0, 9), part = context.slice(5)");
    const { hash } = await session.inspect();
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    writeFileSync(path, `another text!!${"x".repeat(200_000)}`);
    utimesSync(path, 1, 1);
    await expect(session.run({ code: "print(context.slice(100_000, 100_007))", clock: 9_000 })).rejects.toThrow(
      `Cannot open context file ${path}: it changed since the run began (its hash differs)`,
    );
    await session.close();
    await expect(sandbox.open(testSession("").options({ contexts, paged: pagedContext }))).rejects.toThrow(
      "it changed since",
    );
  });
});
