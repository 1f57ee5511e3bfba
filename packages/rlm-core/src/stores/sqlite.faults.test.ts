import { execFile, execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "./sqlite.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rlm-faults-"));
  path = join(folder, "runs.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("sqliteStore()", () => {
  it("put() and append() on a full disk are errors that leave nothing behind, and the next ones are whole", async () => {
    const { errors, entries, long } = JSON.parse(childWithSmallFiles(fillDisk)) as {
      errors: string[];
      entries: unknown[];
      long: string;
    };
    expect(errors).toEqual([
      expect.stringMatching(/^store Cannot append to log "log" in .*; nothing of this is kept, .* full, .*disk I\/O/),
      expect.stringMatching(/^store Cannot keep a text of 1000000 characters in .*; nothing of this is kept/),
      expect.stringMatching(/^store Cannot keep a text of 5000000 characters in .*; nothing of this is kept/),
    ]);
    expect(entries).toEqual(["first", "second"]);
    // The disk has room again: what was refused is kept now.
    const store = sqliteStore(path);
    expect(await store.read("log")).toEqual(["first", "second"]);
    await expect(store.get(long)).rejects.toThrow("it is not in this store");
    expect(await store.put("y".repeat(5_000_000))).toBe(long);
    expect((await store.get(long)).length).toBe(5_000_000);
    await store.close();
    expect(integrity()).toBe("ok");
  });

  it("put() and append() of a full database say that the disk is full", async () => {
    const store = sqliteStore(path);
    const filled = new DatabaseSync(path);
    const { page_count: pages } = filled.prepare("PRAGMA page_count").get() ?? {};
    filled.close();
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA max_page_count = ${Number(pages) + 2}`);
    const full = sqliteStore(database);
    await full.append("log", 1);
    await expect(full.append("log", "x".repeat(100_000))).rejects.toMatchObject({
      code: "store",
      message: expect.stringMatching(/the disk is full; nothing of this is kept.*; free some space/),
    });
    await full.append("log", 2);
    expect(await store.read("log")).toEqual([1, 2]);
    await full.close();
    await store.close();
  });

  it("append() to a database that another process holds longer than busyMs is an error; then it goes on", async () => {
    const store = sqliteStore(path, { busyMs: 20 });
    await store.append("log", 1);
    const holder = holdLock();
    try {
      await holder.held;
      await expect(store.append("log", 2)).rejects.toMatchObject({
        code: "store",
        message: expect.stringMatching(
          /^Cannot append to log "log" in .*: another process held its lock for longer than busyMs; nothing/,
        ),
      });
      await expect(store.put("text")).rejects.toMatchObject({ code: "store" });
      expect(await store.read("log")).toEqual([1]);
      // Its tables are there, so that it is opened without a lock.
      await sqliteStore(path, { busyMs: 20 }).close();
    } finally {
      await holder.end();
    }
    await store.append("log", 3);
    expect(await store.read("log")).toEqual([1, 3]);
    await store.close();
  });

  it("sqliteStore() on a file or in a folder that may not be written is an InputError that says so", async () => {
    const writable = sqliteStore(path);
    await writable.append("log", 1);
    await writable.close();
    chmodSync(folder, 0o555);
    if (process.getuid?.() === 0) chownSync(path, nobody, nobody);
    const [inFolder, newThere] = [asNobody(openOnly, path), asNobody(openOnly, join(folder, "new.sqlite"))];
    chmodSync(folder, 0o777);
    chmodSync(path, 0o444);
    const onFile = asNobody(openOnly, path);
    chmodSync(path, 0o600);
    for (const said of [inFolder, newThere, onFile])
      expect(said).toMatch(/^bad-input Cannot keep runs in .*\.sqlite: .*(EACCES|permission)/);
    expect(asNobody(openOnly, path)).toBe("opened");
  });

  it("append() to a database that was opened for reading alone is an error that says so", async () => {
    await sqliteStore(path).close();
    const store = sqliteStore(new DatabaseSync(path, { readOnly: true }));
    await expect(store.append("log", 1)).rejects.toMatchObject({
      code: "store",
      message: expect.stringMatching(/^Cannot append to log "log" in .*: it may not be written; nothing/),
    });
    await store.close();
  });

  it("many processes make one database at once, and each log has its entries in order", async () => {
    const run = promisify(execFile);
    const names = ["a", "b", "c", "d", "e", "f"];
    await Promise.all(names.map((name) => run(process.execPath, [...module, appendMany, path, name])));
    const store = sqliteStore(path);
    for (const name of names)
      expect(await store.read(name)).toEqual(Array.from({ length: 100 }, (_, index) => `${name}${index}`));
    const shared = await store.read("shared");
    for (const name of names) expect(shared.filter((entry) => entry === name)).toEqual([name, name]);
    await store.close();
  });

  it("a process that is killed right after append() and put() resolved lost neither", async () => {
    const printed = await new Promise<string>((done) => {
      execFile(process.execPath, [...module, killItself, path], (_error, stdout) => done(stdout));
    });
    const store = sqliteStore(path);
    expect(await store.read("log")).toEqual(["kept"]);
    expect(await store.get(printed.trim())).toBe("kept too");
    await store.close();
  });
});

const module = ["--input-type=module", "-e"];
const nobody = 65_534;
const imports = `import { sqliteStore } from ${JSON.stringify(import.meta.resolve("./sqlite.ts"))};
const [, path, name] = process.argv;
`;

const fillDisk = `${imports}
const store = sqliteStore(path);
await store.append("log", "first");
const errors = [];
const note = (error) => void errors.push(error.code + " " + error.message);
await store.append("log", "x".repeat(1_000_000)).catch(note);
await store.put("y".repeat(1_000_000)).catch(note);
await store.put("y".repeat(5_000_000)).catch(note);
await store.append("log", "second");
const { textRef } = await import(${JSON.stringify(import.meta.resolve("../text-ref.ts"))});
console.log(JSON.stringify({ errors, entries: await store.read("log"), long: textRef("y".repeat(5_000_000)) }));
`;

const openOnly = `
try { await sqliteStore(path).close(); console.log("opened"); }
catch (error) { console.log(error.code + " " + error.message); }
`;

const appendMany = `${imports}
const store = sqliteStore(path);
await store.append("shared", name);
await Promise.all(Array.from({ length: 100 }, (_, index) => store.append(name, name + index)));
await store.append("shared", name);
await store.close();
`;

const killItself = `${imports}
const store = sqliteStore(path);
const ref = await store.put("kept too");
await store.append("log", "kept");
console.log(ref);
process.kill(process.pid, "SIGKILL");
`;

/** The system's limit of file sizes stands for a full disk. */
function childWithSmallFiles(program: string): string {
  const script = 'ulimit -f 1000; exec "$0" --input-type=module -e "$1" "$2"';
  return execFileSync("sh", ["-c", script, process.execPath, program, path], { encoding: "utf8" });
}

/** A program as a user who may do little, for root may do everything; all it needs is loaded before. */
function asNobody(program: string, file: string): string {
  const drop = `
    if (process.getuid() === 0) { process.setgroups([${nobody}]); process.setgid(${nobody}); process.setuid(${nobody}); }`;
  return execFileSync(process.execPath, [...module, imports + drop + program, file], { encoding: "utf8" }).trim();
}

/** Another process that holds the write lock until it is told to end. */
function holdLock(): { held: Promise<void>; end: () => Promise<void> } {
  const program = `
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(process.argv[1]);
    database.exec("BEGIN IMMEDIATE; INSERT INTO rlm_logs (key, entry) VALUES ('log', '9')");
    console.log("held");
    process.stdin.resume();
  `;
  const child = execFile(process.execPath, [...module, program, path]);
  const held = new Promise<void>((done) => child.stdout?.once("data", () => done()));
  const closed = new Promise<void>((done) => child.once("close", () => done()));
  return {
    held,
    async end() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

function integrity(): unknown {
  expect(readFileSync(path).length).toBeGreaterThan(0);
  const database = new DatabaseSync(path);
  const row = database.prepare("PRAGMA integrity_check").get();
  database.close();
  return row?.integrity_check;
}
