import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTrajectory } from "rlm-core/trajectory";
import { openAIServer } from "./openai-server.ts";
import { descendants, isAlive, start, type Started } from "./start-process.ts";

const home = resolve(import.meta.dirname, "..");
const rlm = join(home, "packages/rlm-cli/bin/rlm.js");
const folder = mkdtempSync(join(tmpdir(), "rlm-ask-test-"));
// Temporary files of the command line, apart from those of other tests.
const temporary = join(folder, "tmp");
const log = Array.from({ length: 60_000 }, (_, at) => `line ${at} of the Kraken guard`).join("\n");

beforeAll(() => {
  chmodSync(folder, 0o755);
  mkdirSync(temporary, { mode: 0o777 });
  chmodSync(temporary, 0o777);
  writeFileSync(join(folder, "app.log"), log);
  writeFileSync(join(folder, "image.png"), Buffer.from([1, 0, 2]));
  mkdirSync(join(folder, "mixed", "closed"), { recursive: true });
  writeFileSync(join(folder, "mixed", "closed", "secret.txt"), "secret");
  chmodSync(join(folder, "mixed", "closed"), 0o700);
  writeFileSync(join(folder, "private.txt"), "private", { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

function ask(args: readonly string[], env: Record<string, string> = {}, program = rlm): Started {
  return start(program, ["ask", "What is said of the Kraken guard?", ...args], {
    cwd: folder,
    env: { TMPDIR: temporary, ...env },
  });
}

async function ended(started: Started): Promise<{ code: number | null; words: string }> {
  started.stdin.end();
  const code = await started.ended;
  return { code, words: started.lines.join("\n") };
}

describe("rlm ask as a process", () => {
  it("rlm ask answers, and exits with 0", async () => {
    const { code, words } = await ended(ask(["--context", "app.log", "--model", "offline", "--quiet"]));
    expect(code).toBe(0);
    expect(words).toContain("Kraken guard");
  });

  const offline = ["--model", "offline"];
  it.each<[string, string[], Record<string, string>, number, RegExp]>([
    [
      "a missing file",
      ["--context", "nowhere.log", ...offline],
      {},
      2,
      /Cannot read the context nowhere.log: there is no such file or folder/,
    ],
    [
      "a binary file",
      ["--context", "image.png", ...offline],
      {},
      2,
      /Cannot read the context image.png: it is not text \(byte 1 is NUL\)/,
    ],
    ["an unknown provider", ["--context", "app.log", "--model", "nobody:x"], {}, 2, /nobody[\s\S]*openai/],
    [
      "a provider without its package",
      ["--context", "app.log", "--model", "mistralai:x"],
      {},
      2,
      /npm install @langchain\/mistralai/,
    ],
    [
      "no key",
      ["--context", "app.log", "--model", "openai:gpt-5"],
      {},
      2,
      /OPENAI_API_KEY[\s\S]*--model ollama:qwen3[\s\S]*--model offline/,
    ],
    [
      "no model",
      ["--context", "app.log"],
      {},
      2,
      /No model: give --model provider:name[\s\S]*OPENAI_API_KEY[\s\S]*ollama[\s\S]*--model offline/,
    ],
    [
      "an unknown option",
      ["--context", "app.log", "--modle", "offline"],
      {},
      2,
      /unknown option '--modle'\n\(Did you mean --model\?\)/,
    ],
  ])("rlm ask tells of %s", async (_what, args, env, exitCode, expected) => {
    const { code, words } = await ended(ask(args, env));
    expect(words).toMatch(expected);
    expect(code).toBe(exitCode);
    expect(words).not.toMatch(/^\s+at /m);
  });

  it.each([
    ["a file", "private.txt", /Cannot read the context private.txt: this user may not read it/],
    ["a folder", "mixed", /Cannot read the context mixed\/closed: this user may not read it/],
  ])("rlm ask tells of %s that this user may not read", async (_what, path, expected) => {
    const nobody = new URL("./as-nobody.ts", import.meta.url).pathname;
    const { code, words } = await ended(ask(["--context", path, ...offline], {}, nobody));
    expect(words).toMatch(expected);
    expect(code).toBe(2);
  });

  it("rlm ask tells of a server that cannot be reached, after it tried again", async () => {
    const server = await openAIServer(() => "never");
    await server.close();
    const args = ["--context", "app.log", "--model", "openai:x", "--base-url", server.baseUrl];
    const { code, words } = await ended(ask(args, { OPENAI_API_KEY: "k" }));
    expect(words).toMatch(/warning: The model "x" did not answer: .* It is asked again in .* \(try 2\)/);
    expect(words).toMatch(
      /error: .*ECONNREFUSED: the server cannot be reached; look at --base-url, and whether it runs/s,
    );
    expect(code).toBe(1);
    expect(words).not.toMatch(/^\s+at /m);
  });

  it("rlm ask tells of a key that the provider refuses, and never shows it", async () => {
    await using server = await openAIServer(() => ({
      status: 401,
      body: { error: { message: "Incorrect API key provided: sk-secret-0123456789abcdef", code: "invalid_api_key" } },
    }));
    const args = ["--context", "app.log", "--model", "openai:x", "--base-url", server.baseUrl];
    const { code, words } = await ended(ask(args, { OPENAI_API_KEY: "sk-secret-0123456789abcdef" }));
    expect(words).toMatch(/refuses the key/);
    expect(words).not.toContain("0123456789abcdef");
    expect(code).toBe(2);
    expect(server.requests).toHaveLength(1);
  });

  it("rlm ask stopped by Ctrl-C ends with 130 within a second, leaves no process, and names its trace", async () => {
    const asked = ask(["--context", "app.log", "--model", "offline", "--delay", "700"]);
    await asked.line("sub-calls start");
    const children = descendants(asked.pid);
    expect(children.length).toBeGreaterThan(0);
    const interrupted = performance.now();
    process.kill(-asked.pid, "SIGINT");
    const { code, words } = await ended(asked);
    expect(code).toBe(130);
    expect(performance.now() - interrupted).toBeLessThan(1000);
    await expect.poll(() => children.filter(isAlive), { timeout: 1000 }).toEqual([]);
    const [, trace = ""] = /^The trace so far: (.*)$/m.exec(words) ?? [];
    const { runs } = await readTrajectory(trace);
    expect([...runs.values()][0]?.end?.status).toBe("aborted");
  });

  it("rlm ask stopped while it reads stdin leaves no temporary file", async () => {
    const before = readdirSync(temporary);
    const asked = ask(["--context", "-", "--model", "offline", "--no-trace"]);
    await asked.line("The model here is an offline stand-in: rules, not a language model.");
    asked.stdin.write("the beginning\n");
    await expect.poll(() => readdirSync(temporary).length, { timeout: 5000 }).toBeGreaterThan(before.length);
    process.kill(asked.pid, "SIGINT");
    expect(await asked.ended).toBe(130);
    expect(readdirSync(temporary)).toEqual(before);
    expect(existsSync(temporary)).toBe(true);
  });

  it("rlm ask ends quietly when nobody reads its answer", async () => {
    const asked = ask(["--context", "app.log", "--model", "offline", "--quiet"]);
    asked.stdout.destroy();
    const { code, words } = await ended(asked);
    expect(words).not.toMatch(/EPIPE|^\s+at /m);
    expect([0, 1]).toContain(code);
  });
});
