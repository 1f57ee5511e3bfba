import { execFile, execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheLaws } from "../testing/cache-laws.ts";
import { directoryCache } from "./directory.ts";

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rlm-cache-"));
  root = join(folder, "cache");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("directoryCache()", () => {
  for (const law of cacheLaws) it(law.name, () => law.holds(async () => directoryCache(root, { maxBytes: 1_000_000 })));

  it("directoryCache() lets only the owner read, and keeps no prompt", async () => {
    await directoryCache(root).set("the hash", "the reply");
    const entries = readdirSync(root, { recursive: true, withFileTypes: true });
    const modes = entries.map((entry) => [
      entry.isFile() ? "file" : "folder",
      (statSync(join(entry.parentPath, entry.name)).mode & 0o777).toString(8),
    ]);
    expect(modes).toHaveLength(2);
    expect(Object.fromEntries(modes)).toEqual({ file: "600", folder: "700" });
    expect((statSync(root).mode & 0o777).toString(8)).toBe("700");
  });

  it("directoryCache() finds what an earlier one on the same folder kept", async () => {
    await directoryCache(root).set("key", "text");
    expect(await directoryCache(root).get("key")).toBe("text");
  });

  it("directoryCache() gives nothing that is older than ttlMs, however often it was used, and removes it", async () => {
    let now = Date.now();
    const cache = directoryCache(root, { ttlMs: 1_000, now: () => now });
    await cache.set("key", "text");
    now += 999;
    expect(await cache.get("key")).toBe("text");
    now += 1;
    expect(await cache.get("key")).toBeUndefined();
    expect(entryFiles()).toEqual([]);
  });

  it("directoryCache() drops what was used longest ago beyond maxBytes, also by an earlier one", async () => {
    let now = Date.now();
    const open = () => directoryCache(root, { maxBytes: 12_000, now: () => (now += 1_000) });
    const earlier = open();
    for (let key = 0; key < 10; key++) await earlier.set(`${key}`, "x".repeat(1_000));
    const cache = open();
    expect(await cache.get("0")).toBeDefined();
    for (let key = 10; key < 15; key++) await cache.set(`${key}`, "x".repeat(1_000));
    const sizes = entryFiles().map((path) => statSync(path).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(12_000);
    const there = [];
    for (let key = 0; key < 15; key++) if ((await cache.get(`${key}`)) !== undefined) there.push(key);
    // The one that was used again stays; of the others the newest.
    expect(there[0]).toBe(0);
    expect(there.slice(1)).toEqual(Array.from({ length: there.length - 1 }, (_, at) => 16 - there.length + at));
    expect(there.length).toBeGreaterThan(6);
  });

  it.each<[string, (file: string, content: string) => void]>([
    ["empty", (file) => writeFileSync(file, "")],
    ["cut short", (file, content) => writeFileSync(file, content.slice(0, -5))],
    ["changed", (file, content) => writeFileSync(file, content.replace("the text", "the lies"))],
    ["another program's", (file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 0, 10, 7]))],
    ["of another version", (file, content) => writeFileSync(file, content.replace("rlm-cache 1", "rlm-cache 2"))],
  ])("directoryCache() takes a file that is %s for a miss, and removes it", async (_, damage) => {
    const cache = directoryCache(root);
    await cache.set("key", "the text");
    const [file = ""] = entryFiles();
    damage(file, readFileSync(file, "utf8"));
    expect(await cache.get("key")).toBeUndefined();
    expect(entryFiles()).toEqual([]);
    await cache.set("key", "the text");
    expect(await cache.get("key")).toBe("the text");
  });

  it("directoryCache() takes an entry under another key's name for a miss", async () => {
    const cache = directoryCache(root);
    await cache.set("a", "of a");
    const [a = ""] = entryFiles();
    await cache.set("b", "of b");
    const b = entryFiles().find((path) => path !== a) ?? "";
    writeFileSync(a, readFileSync(b));
    expect(await cache.get("a")).toBeUndefined();
  });

  it("directoryCache() removes what a writer that died left, an hour later", async () => {
    mkdirSync(join(root, "ab"), { recursive: true });
    const [old, young] = [join(root, "ab", "old.tmp"), join(root, "ab", "young.tmp")];
    for (const path of [old, young]) writeFileSync(path, "half");
    utimesSync(old, new Date(Date.now() - 7_200_000), new Date(Date.now() - 7_200_000));
    await directoryCache(root).set("key", "text");
    expect(readdirSync(join(root, "ab"))).toEqual(["young.tmp"]);
  });

  it("directoryCache() is used by four processes at once, which find whole entries or none", async () => {
    const program = `
import { directoryCache } from ${JSON.stringify(import.meta.resolve("./directory.ts"))};
const cache = directoryCache(process.argv[1], { maxBytes: 60_000 });
const textOf = (key) => String(key).repeat(500);
let hits = 0;
for (let round = 0; round < 200; round++) {
  const key = 100 + ((round * 7) % 40);
  const found = await cache.get(String(key));
  if (found === undefined) await cache.set(String(key), textOf(key));
  else if (found !== textOf(key)) throw new Error("half an entry");
  else hits++;
}
console.log(hits);`;
    const run = promisify(execFile);
    const args = ["--input-type=module", "-e", program, root];
    const ended = await Promise.all([1, 2, 3, 4].map(() => run(process.execPath, args)));
    for (const { stdout } of ended) expect(Number(stdout)).toBeGreaterThan(20);
    expect(readdirSync(root, { recursive: true }).filter((name) => String(name).endsWith(".tmp"))).toEqual([]);
    expect(entryFiles().reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThan(120_000);
  });

  it("set() on a full disk is an error that leaves nothing behind, and get() goes on", () => {
    // The system's limit of file sizes stands for a full disk: a write gets part of its bytes in, then fails.
    const program = `
import { directoryCache } from ${JSON.stringify(import.meta.resolve("./directory.ts"))};
const cache = directoryCache(process.argv[1]);
await cache.set("key", "text");
const error = await cache.set("long", "x".repeat(100_000)).catch((error) => error.code + " " + error.message);
console.log(JSON.stringify([error, await cache.get("long") ?? null, await cache.get("key")]));`;
    const script = 'ulimit -f 8; exec "$0" --input-type=module -e "$1" "$2"';
    const printed = execFileSync("sh", ["-c", script, process.execPath, program, root], { encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual([
      expect.stringMatching(/^store Cannot keep an entry in the cache .*EFBIG/),
      null,
      "text",
    ]);
    expect(readdirSync(root, { recursive: true }).filter((name) => String(name).endsWith(".tmp"))).toEqual([]);
  });

  it("directoryCache() on a path that is a file is an InputError", () => {
    writeFileSync(root, "");
    for (const path of [root, ""])
      expect(() => directoryCache(path)).toThrow(expect.objectContaining({ code: "bad-input" }));
  });
});

function entryFiles(): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
