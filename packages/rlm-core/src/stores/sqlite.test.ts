import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storeLaws } from "../testing/store-laws.ts";
import { sliceLength } from "../text-slices.ts";
import { openSqlite, sqliteStore, type SqliteStore } from "./sqlite.ts";

let folder: string;
let path: string;
let open: SqliteStore[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rlm-sqlite-"));
  path = join(folder, "runs.sqlite");
  open = [];
});
afterEach(async () => {
  for (const store of open) await store.close();
  rmSync(folder, { recursive: true });
});

describe("sqliteStore()", () => {
  for (const law of storeLaws) it(law.name, () => law.holds(async () => opened()));

  it("sqliteStore() makes a file, and its folder, that only the owner can read", async () => {
    const store = opened(join(folder, "new", "state", "runs.sqlite"));
    await store.put("secret");
    const names = readdirSync(join(folder, "new", "state"));
    expect(names.sort()).toEqual(["runs.sqlite", "runs.sqlite-shm", "runs.sqlite-wal"]);
    for (const name of names) expect(modeOf(join(folder, "new", "state", name))).toBe("600");
    expect(modeOf(join(folder, "new"))).toBe("700");
  });

  it("sqliteStore() finds what another one on the same file keeps, at once and later", async () => {
    const [first, second] = [opened(), opened()];
    const ref = await first.put("text");
    expect(await second.get(ref)).toBe("text");
    await first.append("log", 1);
    await second.append("log", 2);
    await first.append("log", 3);
    await first.close();
    await second.close();
    expect(readdirSync(folder)).toEqual(["runs.sqlite"]);
    expect(opened().durable).toBe(true);
    expect(await opened().read("log")).toEqual([1, 2, 3]);
    expect(await opened().get(ref)).toBe("text");
  });

  it("put() of a text that is there writes nothing, short or long", async () => {
    const store = opened();
    const texts = ["short", longText, "half a pair \ud83c"];
    for (const text of texts) await store.put(text);
    const onlooker = new DatabaseSync(path);
    const version = (): unknown => onlooker.prepare("PRAGMA data_version").get();
    const before = version();
    for (const text of texts) await store.put(text);
    expect(version()).toEqual(before);
    await store.put("another");
    expect(version()).not.toEqual(before);
    onlooker.close();
  });

  it("put() and get() keep a long text in parts, with half a pair too, and stream() gives it so", async () => {
    const store = opened();
    for (const text of [longText, `${longText}\ud83c`]) {
      const ref = await store.put(text);
      expect((await store.get(ref)) === text).toBe(true);
      const pieces: string[] = [];
      for await (const piece of store.stream?.(ref) ?? []) pieces.push(piece);
      expect(pieces.length).toBe(2);
      expect(pieces.join("") === text).toBe(true);
    }
  });

  it("put() of one long text by two stores at once gives it whole once", async () => {
    const [first, second] = [opened(), opened()];
    const [ref] = await Promise.all([first.put(longText), second.put(longText), first.put(longText)]);
    expect((await second.get(ref)) === longText).toBe(true);
    expect(countParts()).toBe(2);
  });

  it("put() of a long text of which a killed process left parts makes it whole, and it is not there before", async () => {
    const store = opened();
    const ref = await store.put(longText);
    for (const left of ["part = 0", "part = 1"]) {
      edit(`DELETE FROM rlm_texts; DELETE FROM rlm_text_parts WHERE NOT ${left}`);
      await expect(store.get(ref)).rejects.toThrow("it is not in this store");
      await store.put(longText);
      expect((await store.get(ref)) === longText).toBe(true);
    }
    edit("DELETE FROM rlm_texts; UPDATE rlm_text_parts SET bytes = x'00' WHERE part = 0");
    await store.put(longText);
    expect((await store.get(ref)) === longText).toBe(true);
  });

  it("get() refuses a text that was changed", async () => {
    const store = opened();
    const ref = await store.put("the original");
    edit("UPDATE rlm_texts SET bytes = x'00'");
    await expect(store.get(ref)).rejects.toMatchObject({
      code: "store",
      message: expect.stringContaining("its hash differs"),
    });
  });

  it("close() twice is fine, and what is asked for afterwards is an error that says so", async () => {
    const store = opened();
    const ref = await store.put("text");
    await store.close();
    await store.close();
    for (const ask of [() => store.put("x"), () => store.get(ref), () => store.append("a", 1), () => store.read("a")])
      await expect(ask()).rejects.toMatchObject({
        code: "store",
        message: expect.stringMatching(/^Cannot .* closed$/),
      });
  });

  it("openSqlite() gives a database that stores share", async () => {
    const database = openSqlite(path);
    const ref = await sqliteStore(database).put("shared");
    expect(await sqliteStore(database).get(ref)).toBe("shared");
    expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 1 });
    database.close();
  });

  it("sqliteStore() on what cannot be a database is an InputError that leaves it as it was", () => {
    const texts = { short: "hello", long: "no database\n".repeat(1_000) };
    for (const [name, text] of Object.entries(texts)) {
      writeFileSync(join(folder, name), text);
      expect(() => sqliteStore(join(folder, name))).toThrow(
        expect.objectContaining({ code: "bad-input", message: expect.stringContaining("no SQLite database") }),
      );
      expect(statSync(join(folder, name)).size).toBe(text.length);
    }
    mkdirSync(join(folder, "folder"));
    for (const wrong of ["", join(folder, "folder"), join(folder, "short", "below")])
      expect(() => sqliteStore(wrong)).toThrow(expect.objectContaining({ code: "bad-input" }));
    for (const busyMs of [-1, 0.5, Number.NaN])
      expect(() => sqliteStore(path, { busyMs })).toThrow(/Expected busyMs to be milliseconds/);
    expect(existsSync(path)).toBe(false);
  });
});

const longText = `${"판문점 🌏 ".repeat(sliceLength / 8)}${"x".repeat(sliceLength / 2)}`;

function opened(file = path): SqliteStore {
  const store = sqliteStore(file);
  open.push(store);
  return store;
}

function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

function edit(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function countParts(): number {
  const database = new DatabaseSync(path);
  const row = database.prepare("SELECT count(*) AS parts FROM rlm_text_parts").get();
  database.close();
  return Number(row?.parts);
}
