import { spawn, type ChildProcess } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Session } from "../../sandbox.ts";
import { activeLayers } from "../../confined/layers.ts";
import { openPlayed, sandboxPids, testSession } from "./testing/test-session.ts";

// What still holds when the code is out of the isolate and has Node, or `isolated-vm` itself, inside the process. The child
// program is the test's; it is started and confined as every other.

const layers = await activeLayers();
const missing = layers.filter(({ active }) => !active).map(({ name }) => name);
const where = missing.length === 0 ? "" : ` (skipped: this system lacks ${missing.join(", ")})`;

const secret = "canary of the second layer";
const folder = mkdtempSync(join(tmpdir(), "rlm-second-layer-"));
const file = join(folder, "secret");
const unixPath = join(folder, "socket");
const heard: string[] = [];
let tcp: Server;
let unix: Server;
let udp: Socket;
let victim: ChildProcess;
let session: Session;

beforeAll(async () => {
  writeFileSync(file, secret);
  process.env["RLM_SECOND_LAYER"] = secret;
  tcp = createServer(() => heard.push("tcp")).listen(0, "127.0.0.1");
  unix = createServer(() => heard.push("unix")).listen(unixPath);
  udp = createSocket("udp4", () => heard.push("udp"));
  udp.bind(0, "127.0.0.1");
  // Of the same user, as the parent and all that is dear to it.
  victim = spawn(process.execPath, ["-e", "setInterval(() => {}, 1_000)"], { stdio: "ignore" });
  await Promise.all([once(tcp, "listening"), once(unix, "listening"), once(udp, "listening"), once(victim, "spawn")]);
  session = await openPlayed(
    new URL("testing/broken-child.ts", import.meta.url),
    testSession("").options({ limits: { computeMs: 10_000, heapMb: 64 } }),
  );
});

afterEach(() => {
  expect(heard).toEqual([]);
  expect(readdirSync(folder).sort()).toEqual(["secret", "socket"]);
  expect(victim.exitCode ?? victim.signalCode).toBeNull();
});

afterAll(async () => {
  await session.close();
  expect(sandboxPids()).toEqual([]);
  victim.kill("SIGKILL");
  for (const server of [tcp, unix, udp]) server.close();
  delete process.env["RLM_SECOND_LAYER"];
  rmSync(folder, { recursive: true });
});

/** What comes of code in the child: the text of its value, or why it was refused. */
async function outcome(code: string): Promise<string> {
  const done = await session.run({ code, clock: 1 });
  if (done.kind !== "done") throw new Error("The child waits");
  return done.error === undefined ? done.output.text : `refused: ${done.error.kind}`;
}

const node = (code: string): Promise<string> => outcome(`// node\n${code}`);
const port = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port;
const settled = (emitter: string, good: string): string =>
  `const it = ${emitter}; return await new Promise((done, fail) => { it.on("error", fail); it.on("${good}", () => done("${good}")); });`;
const database = `const { DatabaseSync, backup } = require("node:sqlite"); const db = new DatabaseSync(":memory:"); db.exec("CREATE TABLE t (a)");`;

describe.skipIf(missing.length > 0)(`code of Node in a process of the sandbox${where}`, () => {
  it.each<[string, () => string]>([
    ["a file of the system", () => `return require("node:fs").readFileSync("/etc/passwd", "utf8");`],
    ["a file of the user", () => `return require("node:fs").readFileSync(${JSON.stringify(file)}, "utf8");`],
    [
      "a file by a promise",
      () => `return await require("node:fs/promises").readFile(${JSON.stringify(file)}, "utf8");`,
    ],
    ["a file by Node's own binding", () => `return process.binding("fs").open("/etc/passwd", 0, 0o666);`],
    [
      "a file by way of its root",
      () => `return require("node:fs").readFileSync("/proc/self/root/etc/passwd", "utf8");`,
    ],
    ["its own environment file", () => `return require("node:fs").readFileSync("/proc/self/environ", "utf8");`],
    [
      "the parent's environment",
      () => `return require("node:fs").readFileSync("/proc/${process.pid}/environ", "utf8");`,
    ],
    ["the parent's memory", () => `return require("node:fs").openSync("/proc/${process.pid}/mem", "r+");`],
    ["the parent's descriptors", () => `return require("node:fs").readdirSync("/proc/${process.pid}/fd").join();`],
    ["a new file", () => `require("node:fs").writeFileSync(${JSON.stringify(join(folder, "new"))}, "x");`],
    [
      "a new file by a database",
      () => `${database} db.exec("ATTACH '${join(folder, "db")}' AS x; CREATE TABLE x.t (a)");`,
    ],
    ["a new file by a copy of a database", () => `${database} db.exec("VACUUM INTO '${join(folder, "copy")}'");`],
    [
      "a new file by a backup of a database",
      () => `${database} await backup(db, ${JSON.stringify(join(folder, "backup"))});`,
    ],
    ["a new file by a report", () => `process.report.writeReport("report.json");`],
    [
      "a new file by a heap snapshot",
      () => `require("node:v8").writeHeapSnapshot(${JSON.stringify(join(folder, "heap"))});`,
    ],
    [
      "a library",
      () =>
        `process.dlopen({ exports: {} }, process.report.getReport().sharedObjects.find((path) => path.includes("libm")));`,
    ],
    [
      "a library by a database",
      () =>
        `new (require("node:sqlite").DatabaseSync)(":memory:", { allowExtension: true }).loadExtension("libm.so.6");`,
    ],
    ["a program", () => `return require("node:child_process").execFileSync("/bin/true").length;`],
    [
      "a program by Node's own binding",
      () => `return process.binding("spawn_sync").spawn({ file: "/bin/true", args: ["true"], stdio: [] });`,
    ],
    ["a worker", () => `return new (require("node:worker_threads").Worker)("1", { eval: true }).threadId;`],
    ["an inspector", () => `require("node:inspector").open(0);`],
    ["a signal to the parent", () => `return process.kill(${process.pid}, 0);`],
    ["a signal to another process", () => `return process.kill(${victim.pid}, "SIGKILL");`],
    ["an inspector in another process", () => `process._debugProcess(${victim.pid});`],
    ["another priority for the parent", () => `require("node:os").setPriority(${process.pid}, 5);`],
    ["a connection by TCP", () => settled(`require("node:net").connect(${port(tcp)}, "127.0.0.1")`, "connect")],
    [
      "a connection to a socket of the file system",
      () => settled(`require("node:net").connect(${JSON.stringify(unixPath)})`, "connect"),
    ],
    [
      "a socket of its own in the file system",
      () => settled(`require("node:net").createServer().listen(${JSON.stringify(join(folder, "own"))})`, "listening"),
    ],
    [
      "a packet by UDP",
      () =>
        `const it = require("node:dgram").createSocket("udp4"); return await new Promise((done, fail) => { it.on("error", fail); it.send("x", ${port(udp)}, "127.0.0.1", (error) => (error ? fail(error) : done("sent"))); });`,
    ],
    ["a name from the network", () => `return (await require("node:dns/promises").lookup("localhost")).address;`],
    ["another user", () => `process.setuid(65534);`],
  ])("gets no: %s", async (_name, code) => {
    expect(await node(code())).toMatch(/^refused: /);
  });

  it("has nothing of the parent's environment", async () => {
    expect(await node("return JSON.stringify(process.env)")).toBe('done: {"TZ":"UTC","LC_ALL":"C"}');
    const report = "return JSON.stringify(process.report.getReport())";
    expect(await node(`${report}.includes(${JSON.stringify(secret)})`)).toBe("done: false");
  });

  it("sees no process above it", async () => {
    expect(await node("return `${process.pid} ${process.ppid}`")).toBe("done: 1 0");
  });

  it("has no descriptor that leads anywhere but to its parent's pipe and its stderr", async () => {
    const written = await node(
      `const fs = require("node:fs"); const sockets = []; for (let fd = 0; fd < 64; fd++) try { const stat = fs.fstatSync(fd); if (stat.isFile() || stat.isDirectory() || stat.isSocket()) sockets.push(fd + (stat.isSocket() ? "" : "!")); } catch {} return sockets.join();`,
    );
    expect(written).toBe("done: 2,3");
  });

  it("frees descriptors in vain: the kernel gives it none", async () => {
    expect(
      await node(
        `const fs = require("node:fs"); fs.closeSync(0); fs.closeSync(1); ${settled(`require("node:net").connect(${JSON.stringify(unixPath)})`, "connect")}`,
      ),
    ).toMatch(/^refused: /);
  });
});

describe.skipIf(missing.length > 0)(`code with isolated-vm itself${where}`, () => {
  it("gets nothing of Node by it", async () => {
    const tries = [
      "ivm.constructor.constructor('return typeof process')()",
      "ivm.Isolate.constructor('return typeof process')()",
      "new ivm.Reference(globalThis).getSync('process')",
      "new ivm.Callback(() => 1).constructor.constructor('return typeof require')()",
      "new ivm.ExternalCopy({}).copy().constructor.constructor('return typeof process')()",
    ];
    expect(
      await outcome(
        `[${tries.map((code) => `(() => { try { return String(${code}); } catch { return "undefined"; } })()`).join()}].join()`,
      ),
    ).toBe(`done: ${tries.map(() => "undefined").join()}`);
  });

  it("loads no library by it", async () => {
    expect(await outcome(`new ivm.NativeModule(${JSON.stringify(file)})`)).toMatch(/^refused: /);
  });

  it.each([
    [
      "isolates of any size",
      `const all = []; for (;;) { const one = new ivm.Isolate({ memoryLimit: 100_000 }); all.push(one.createContextSync()); all.at(-1).evalSync("globalThis.kept = []; for (let i = 0; i < 40; i++) kept.push(new Uint8Array(1e7).fill(1))"); }`,
    ],
    [
      "copies outside of every isolate",
      `const all = []; for (;;) all.push(new ivm.ExternalCopy(new Uint8Array(1e7).fill(1)));`,
    ],
  ])("takes no more memory than its process may have, by %s", async (_name, code) => {
    expect(await outcome(code)).toMatch(/^refused: (memory|died|timeout|RangeError|Error)/);
  });

  it("ends its own process at most, by what it gives V8 as compiled code", async () => {
    const code = `const isolate = new ivm.Isolate({ memoryLimit: 64 }); const { cachedData } = isolate.compileScriptSync("(() => 1 + 1)()", { produceCachedData: true });
      let rejected = 0; for (let at = 0; at < 200; at++) { const bytes = new Uint8Array(cachedData.copy()); bytes[at % bytes.length] ^= 255; rejected += isolate.compileScriptSync("(() => 1 + 1)()", { cachedData: new ivm.ExternalCopy(bytes.buffer) }).cachedDataRejected ? 1 : 0; } rejected`;
    expect(await outcome(code)).toMatch(/^(done: \d+|refused: )/);
    expect(await node("return 1 + 1")).toBe("done: 2");
  });
});
