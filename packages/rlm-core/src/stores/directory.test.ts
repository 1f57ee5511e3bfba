import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storeLaws } from "../testing/store-laws.ts";
import { directoryStore } from "./directory.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rlm-store-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("directoryStore()", () => {
  for (const law of storeLaws) it(law.name, () => law.holds(async () => directoryStore(join(folder, "runs"))));

  it("directoryStore() lets only the owner read", async () => {
    const store = directoryStore(join(folder, "runs"));
    await store.put("secret");
    await store.append("a/".repeat(200), "secret");
    const modes = files(folder).map(({ path, isFile }) => [isFile, (statSync(path).mode & 0o777).toString(8)]);
    expect(modes.filter(([isFile]) => isFile)).toEqual([
      [true, "600"],
      [true, "600"],
    ]);
    expect(new Set(modes.filter(([isFile]) => !isFile).map(([, mode]) => mode))).toEqual(new Set(["700"]));
  });

  it("directoryStore() finds texts and logs of an earlier store on the same folder", async () => {
    const earlier = directoryStore(folder);
    const ref = await earlier.put("text");
    await earlier.append("log", { n: 1 });
    const store = directoryStore(folder);
    expect(store.durable).toBe(true);
    expect(await store.get(ref)).toBe("text");
    expect(await store.read("log")).toEqual([{ n: 1 }]);
  });

  it("read() leaves out a last line cut by a crash, also one that is JSON, and append() goes on after the line before it", async () => {
    const store = directoryStore(folder);
    await store.append("log", 1);
    for (const cut of ['{"n":', "12", "x".repeat(200_000)]) {
      appendFileSync(logPath(), cut);
      expect(await store.read("log")).not.toContain(12);
      await store.append("log", cut.length);
    }
    expect(await store.read("log")).toEqual([1, 5, 2, 200_000]);
  });

  it("append() after a log that holds nothing but a cut line starts it anew", async () => {
    const store = directoryStore(folder);
    await store.append("log", 1);
    writeFileSync(logPath(), '{"cut');
    await store.append("log", 2);
    expect(readFileSync(logPath(), "utf8")).toBe("2\n");
  });

  it("read() of a log with a damaged line in the middle says which, and gives none of it", async () => {
    const store = directoryStore(folder);
    await store.append("log", 1);
    appendFileSync(logPath(), "damaged\n");
    await store.append("log", 2);
    await expect(store.read("log")).rejects.toThrow(`Cannot read ${logPath()}: line 2 is not JSON`);
  });

  it("get() refuses a text whose file was changed, and put() of the text cut short writes it again", async () => {
    const store = directoryStore(folder);
    const ref = await store.put("the original");
    const [path] = files(join(folder, "texts")).flatMap(({ path, isFile }) => (isFile ? [path] : []));
    writeFileSync(path ?? "", "the forgery!");
    await expect(store.get(ref)).rejects.toMatchObject({
      code: "store",
      message: expect.stringContaining("its hash differs"),
    });
    writeFileSync(path ?? "", "the ori");
    await store.put("the original");
    expect(await store.get(ref)).toBe("the original");
  });

  it("directoryStore() on a path that is a file is an InputError", () => {
    writeFileSync(join(folder, "file"), "");
    for (const path of [join(folder, "file"), ""])
      expect(() => directoryStore(path)).toThrow(expect.objectContaining({ code: "bad-input" }));
  });
});

function logPath(): string {
  return join(folder, "logs", "log.jsonl");
}

function files(root: string): { path: string; isFile: boolean }[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries.map((entry) => ({ path: join(entry.parentPath, entry.name), isFile: entry.isFile() }));
}
