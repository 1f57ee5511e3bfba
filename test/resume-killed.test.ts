import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openAIServer, type ServerRequest } from "./openai-server.ts";
import { runMain } from "./run-main.ts";
import { repl, turnOf } from "./scenario.ts";
import { groupOf, startProgram, type Started } from "./start-program.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-killed-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "birds.txt"), "The heron waits.\n");

const rlm = "packages/rlm-cli/bin/rlm.js";
const env = { RLM_HOME: join(folder, "state"), OPENAI_API_KEY: "test" };
const code = `const found = [];
for (const part of ["one", "two", "three", "four"]) found.push(await llm_query(part));
print(found.join());`;

describe("rlm killed by SIGKILL", () => {
  it("rlm resume in another process goes on with the thread, and asks for nothing that is recorded", async () => {
    await using server = await stallingServer("three");
    const asked = start([
      "ask",
      "q",
      "-c",
      "birds.txt",
      "--thread",
      "birds",
      "--direct-below",
      "0",
      ...modelAt(server.baseUrl),
    ]);
    await server.came(4);
    const second = await runMain(["resume", "birds"], { env, cwd: folder });
    expect([second.code, second.stderr]).toEqual([
      2,
      expect.stringMatching(new RegExp(`Cannot work on thread birds: process ${asked.pid} does`)),
    ]);
    expect(await listed()).toMatchObject([{ id: "birds", status: "running" }]);
    process.kill(asked.pid, "SIGKILL");
    expect(await asked.ended).toBe(null);
    expect(await listed()).toMatchObject([{ id: "birds", status: "died" }]);

    server.goOn();
    const resumed = start(["resume", "birds"]);
    expect(await resumed.ended).toBe(0);
    expect(resumed.lines).toContain("one,two,three,four");
    expect(server.asked()).toEqual(["turn 1", "one", "two", "three", "three", "four", "turn 2"]);
    expect(await listed()).toMatchObject([{ id: "birds", status: "answered" }]);
    await expect.poll(() => groupOf(asked.pid)).toEqual([]);
  });

  it("rlm resume TRACE keeps others from the file until it ends, or is killed, and they go on with it then", async () => {
    await using server = await stallingServer("three");
    const trace = join(folder, "run.jsonl");
    const given = ["-c", "birds.txt", ...modelAt(server.baseUrl)];
    const asked = start(["ask", "q", ...given, "--direct-below", "0", "--trace", trace]);
    await server.came(4);
    process.kill(asked.pid, "SIGKILL");
    await asked.ended;

    const first = start(["resume", trace, ...given]);
    await server.came(5);
    const before = readFileSync(trace, "utf8");
    symlinkSync(trace, join(folder, "another-name.jsonl"));
    const second = await runMain(["resume", "another-name.jsonl", ...given], { env, cwd: folder });
    expect([second.code, second.stderr]).toEqual([
      2,
      expect.stringMatching(new RegExp(`Cannot go on with another-name.jsonl: process ${first.pid} does; wait for`)),
    ]);
    expect(readFileSync(trace, "utf8")).toBe(before);
    process.kill(first.pid, "SIGKILL");
    await first.ended;

    server.goOn();
    const third = start(["resume", trace, ...given]);
    expect([await third.ended, third.lines]).toEqual([0, expect.arrayContaining(["one,two,three,four"])]);
    expect(server.asked()).toEqual(["turn 1", "one", "two", "three", "three", "three", "four", "turn 2"]);
    await expect.poll(() => [...groupOf(asked.pid), ...groupOf(first.pid)]).toEqual([]);
  });
});

/** A root whose code asks for four parts one after the other; of the one named there is no answer until `goOn`. */
async function stallingServer(part: string) {
  let stalls = true;
  const server = await openAIServer(({ messages }) => {
    const [first] = messages;
    if (messages.length > 1) return turnOf(messages as never) === 1 ? repl(code) : repl("FINAL(found.join())");
    return stalls && first?.content === part ? { stall: true } : (first?.content ?? "");
  });
  const nameOf = ({ messages }: ServerRequest): string =>
    messages.length > 1 ? `turn ${turnOf(messages as never)}` : (messages[0]?.content ?? "");
  return Object.assign(server, { asked: () => server.requests.map(nameOf), goOn: () => void (stalls = false) });
}

function modelAt(baseUrl: string): string[] {
  return ["-m", "openai:local", "--base-url", baseUrl, "--context-window", "100k"];
}

function start(args: string[]): Started {
  return startProgram(rlm, args, { cwd: folder, env });
}

async function listed(): Promise<unknown> {
  return JSON.parse((await runMain(["runs", "--json"], { env, cwd: folder })).stdout);
}
