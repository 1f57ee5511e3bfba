import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTrajectory } from "rlm-core/trajectory";
import { afterAll, describe, expect, it } from "vitest";
import { openAIServer } from "./openai-server.ts";
import { descendants, isAlive, openFilesOf, startProgram, type Started, type StartOptions } from "./start-program.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-ask-test-"));
const temporary = join(folder, "temporary");
for (const name of ["temporary", "readonly", "empty", "forbidden", "half", "half/forbidden"])
  mkdirSync(join(folder, name));
writeFileSync(join(folder, "heron.txt"), "The heron waits.\n");
writeFileSync(join(folder, "picture.png"), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1]));
writeFileSync(join(folder, "latin.txt"), Buffer.from([0x63, 0x61, 0x66, 0xe9]));
writeFileSync(join(folder, "blank.txt"), " \n");
writeFileSync(join(folder, "secret.txt"), "secret");
writeFileSync(join(folder, "half/a.txt"), "a");
writeFileSync(join(folder, "half/secret.txt"), "secret");
chmodSync(folder, 0o755);
chmodSync(temporary, 0o777);
chmodSync(join(folder, "readonly"), 0o555);
for (const name of ["secret.txt", "forbidden", "half/forbidden", "half/secret.txt"]) chmodSync(join(folder, name), 0);
afterAll(() => {
  for (const name of ["forbidden", "half/forbidden"]) chmodSync(join(folder, name), 0o700);
  rmSync(folder, { recursive: true });
});

const ownMachine = /--model ollama:.*--model offline/s;

describe("rlm ask with a context that cannot be read", () => {
  it.each([
    ["missing.txt", "missing.txt: there is no such file or folder"],
    ["heron.txt/x", "heron.txt/x: there is no such file or folder"],
    ["picture.png", "picture.png: it is not text (byte 4 is NUL); say its encoding by --encoding, or convert it first"],
    ["latin.txt", "latin.txt: it is not text (it is not UTF-8); say its encoding by --encoding, or convert it first"],
    ["blank.txt", "blank.txt: it has only white space"],
    ["/dev/null", "/dev/null: it is neither a file nor a folder"],
    ["empty", "empty: the folder has no files"],
    ["*.md", "*.md: no file matches it"],
    ["secret.txt", "secret.txt: this user may not read it"],
    ["forbidden", "forbidden: this user may not read it"],
  ])("rlm ask --context %s says why, and ends with 2", async (path, words) => {
    const { ended, lines } = start(["q", "--context", path, "--model", "offline"], {}, "test/rlm-as-nobody.ts");
    expect(await ended).toBe(2);
    expect(lines.at(-1)).toBe(`error: Cannot read the context ${words}`);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe("rlm ask with a folder of which it may not read all", () => {
  it.each([
    [
      "half",
      [
        "Left out of half: 1 folder that this user may not read",
        "Left out 1 file that this user may not read: half/secret.txt",
      ],
    ],
    ["half/*.txt", ["Left out 1 file that this user may not read: half/secret.txt"]],
  ])("rlm ask --context %s leaves that out, and says so", async (path, words) => {
    const args = ["a?", "--context", path, "--model", "offline", "--no-trace"];
    const { ended, lines } = start(args, {}, "test/rlm-as-nobody.ts");
    expect(await ended).toBe(0);
    expect(lines).toEqual(expect.arrayContaining([...words, "Context: 1 file, 1 character"]));
  });

  it("rlm ask --context with a file that it may not read among others is an error where that is named", async () => {
    const args = ["q", "--context", "heron.txt", "half/secret.txt", "--model", "offline"];
    const { ended, lines } = start(args, {}, "test/rlm-as-nobody.ts");
    expect(await ended).toBe(2);
    expect(lines.at(-1)).toBe("error: Cannot read the context half/secret.txt: this user may not read it");
  });
});

describe("rlm ask where nothing can be written", () => {
  const program = "test/rlm-as-nobody.ts";
  it.each([
    ["that is missing", join(folder, "nowhere"), "there is no such file or folder"],
    ["that it may not write to", join(folder, "readonly"), "this user may not do that"],
  ])("rlm ask with a TMPDIR %s says what to do, and ends with 2", async (_, TMPDIR, words) => {
    const said = `error: Cannot make a temporary file in ${TMPDIR}: ${words}; set TMPDIR to a folder that this user may write to`;
    const trace = start(["heron?", "-c", "heron.txt", "-m", "offline"], { env: { TMPDIR } }, program);
    expect(await trace.ended).toBe(2);
    expect(trace.lines).toContain(
      `${said}, or say where the trace goes by --trace FILE, or that there is none by --no-trace`,
    );
    const copy = start(["heron?", "-c", "-", "-m", "offline"], { env: { TMPDIR } }, program);
    expect(await copy.ended).toBe(2);
    expect(copy.lines).toContain(said);
    const none = start(["heron?", "-c", "heron.txt", "-m", "offline", "--no-trace"], { env: { TMPDIR } }, program);
    expect(await none.ended).toBe(0);
  });

  it("rlm ask --trace where this user may not write says so, and ends with 2", async () => {
    const path = join(folder, "readonly", "trace.jsonl");
    const { ended, lines } = start(["q", "-c", "heron.txt", "-m", "offline", "--trace", path], {}, program);
    expect(await ended).toBe(2);
    expect(lines.at(-1)).toBe(
      `error: Cannot write the trajectory to ${path}: this user may not write there; give another path`,
    );
  });
});

describe("rlm ask with a model that cannot be had", () => {
  const noKeys = { OPENAI_API_KEY: undefined, RLM_MODEL: undefined };
  it.each<[string, string[], RegExp]>([
    ["no model", [], /^error: No model: .*RLM_MODEL.*OPENAI_API_KEY.*ollama.*--model offline/s],
    [
      "an unknown provider",
      ["-m", "opnai:gpt-5"],
      /^error: Expected the provider of "opnai:gpt-5" to be one of openai, /,
    ],
    ["a provider without its package", ["-m", "groq:x"], /not installed; npm install @langchain\/groq\n/],
    ["no key", ["-m", "openai:gpt-5"], /^error: Cannot use "openai:gpt-5": no key; set OPENAI_API_KEY\n/],
    ["no key for sub-calls", ["-m", "offline", "--sub-model", "openai:x"], /Cannot use "openai:x": no key; set OPENAI/],
    ["an option with a slip", ["-m", "offline", "--jsn"], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
  ])("rlm ask with %s ends with 2 and says what to do", async (name, args, words) => {
    const { ended, lines } = start(["q", "--context", "heron.txt", ...args], { env: noKeys });
    expect(await ended).toBe(2);
    const text = lines.join("\n");
    expect(text).toMatch(words);
    if (!name.startsWith("an option")) expect(text).toMatch(name === "no model" ? /ollama:/ : ownMachine);
    expect(text).not.toMatch(/^\s+at /m);
  });

  it("rlm ask with a key that the server refuses ends with 2, and the key is nowhere", async () => {
    const key = "sk-test-0123456789abcdefghijklmnop";
    const error = { message: `Incorrect API key provided: ${key}.`, code: "invalid_api_key" };
    await using server = await openAIServer(() => ({ status: 401, body: { error } }));
    const trace = join(folder, "refused.jsonl");
    const args = ["q", "--context", "heron.txt", "-m", "openai:x", "--base-url", server.baseUrl, "--trace", trace];
    const { ended, lines } = start(args, { env: { OPENAI_API_KEY: key } });
    expect(await ended).toBe(2);
    expect(server.requests).toHaveLength(1);
    expect(lines.join("\n")).toMatch(/^error: Cannot get a reply .*401.*\n?.*The provider refuses the key/ms);
    for (const text of [...lines, readFileSync(trace, "utf8")]) expect(text).not.toContain(key.slice(0, 12));
  });

  it("rlm ask with a reply that a filter withheld says so, and does not advise more room", async () => {
    await using server = await openAIServer(() => ({ text: "", finishReason: "content_filter" }));
    const args = ["q", "--context", "heron.txt", "-m", "openai:x", "--base-url", server.baseUrl, "--no-trace"];
    const { ended, lines } = start(args, { env: { OPENAI_API_KEY: "k" } });
    expect(await ended).toBe(1);
    expect(lines.at(-1)).toBe(
      "error: Cannot use the model's answer: it was withheld by the filter of its provider; ask in other words, or another model",
    );
    expect(lines.join("\n")).not.toContain("max-output-tokens");
  });

  it("rlm ask with a server that nobody serves tries again, then ends with 1 and says where to look", async () => {
    const args = [
      "q",
      "--context",
      "heron.txt",
      "-m",
      "openai:x",
      "--base-url",
      `http://127.0.0.1:${await closedPort()}/v1`,
    ];
    const { ended, lines } = start(args, { env: { OPENAI_API_KEY: "test" } });
    expect(await ended).toBe(1);
    expect(lines.filter((line) => line.startsWith("warning: "))).toHaveLength(3);
    expect(lines.find((line) => line.startsWith("error: "))).toMatch(
      /^error: Cannot get a reply from the model "x": .*\(asked 4 times\).*--base-url/,
    );
  });
});

describe("rlm ask interrupted", () => {
  const talk = [
    "Which presidents spoke of the Panama Canal, in which years, and how often?",
    "--context",
    "examples/data/sotu/*.jsonl",
  ];

  it("rlm ask whose reader is gone ends in peace", async () => {
    const { stdout, ended, lines } = start(["What is said of the heron?", "-c", "heron.txt", "-m", "offline"]);
    stdout.destroy();
    expect(await ended).toBe(0);
    expect(lines.join("\n")).toMatch(/run ends: direct .*\nTrace: /s);
    expect(lines.join("\n")).not.toMatch(/EPIPE|error/);
  });

  it("rlm ask interrupted in the middle of sub-calls ends within a second with 130, leaves no process, keeps its trace", async () => {
    const trace = join(folder, "stopped.jsonl");
    const args = ["ask", ...talk, "-m", "offline", "--delay", "700", "--trace", trace];
    const { pid, line, ended, lines } = startProgram(rlm, args);
    await line("sub-calls start");
    const children = descendants(pid);
    expect(children.length).toBeGreaterThan(0);
    const interrupted = performance.now();
    process.kill(-pid, "SIGINT");
    expect(await ended).toBe(130);
    expect(performance.now() - interrupted).toBeLessThan(1000);
    await expect.poll(() => children.filter(isAlive), { timeout: 1000 }).toEqual([]);
    expect(lines.slice(-3, -1)).toEqual(["Stopped.", `The trace so far: ${trace}`]);
    expect(lines.at(-1)).toContain(`rlm resume ${trace} --context 'examples/data/sotu/*.jsonl' --model offline`);
    const [root] = [...(await readTrajectory(trace)).runs.values()];
    expect(root?.journal.map(({ type }) => type)).toEqual(expect.arrayContaining(["reply", "block", "call"]));
    expect(root?.end?.status).toBe("aborted");
  });

  it("rlm ask interrupted while it reads stdin ends with 130 and leaves no temporary file", async () => {
    const reading = mkdtempSync(join(folder, "reading-"));
    const { pid, stdin, ended, lines } = start(["q", "-c", "-", "-m", "offline", "--json"], {
      stdin: true,
      env: { TMPDIR: reading },
    });
    stdin?.write("The heron");
    const copies = (): string[] => openFilesOf(pid).filter((path) => path.startsWith(reading));
    await expect.poll(copies, { timeout: 10_000 }).not.toEqual([]);
    const interrupted = performance.now();
    process.kill(pid, "SIGINT");
    expect(await ended).toBe(130);
    expect(performance.now() - interrupted).toBeLessThan(1000);
    expect(lines).toContain("Stopped.");
    const json = lines.find((line) => line.startsWith("{")) ?? "";
    expect(JSON.parse(json)).toMatchObject({ answer: null, status: "aborted", error: "Stopped." });
    expect(readdirSync(reading)).toEqual([]);
  });

  it.each(["one", "two at once"])("rlm ask that waits for the writer of a pipe ends by %s Ctrl-C", async (signals) => {
    const pipe = join(mkdtempSync(join(folder, "pipe-")), "ff");
    execFileSync("mkfifo", [pipe]);
    const { pid, line, ended } = start(["q", "-c", pipe, "-m", "offline"]);
    await line(`Waiting for what writes to the pipe ${pipe} …`);
    const interrupted = performance.now();
    process.kill(pid, "SIGINT");
    if (signals !== "one") process.kill(pid, "SIGINT");
    // By the signal itself, if the second comes when all is given back already.
    expect([130, ...(signals === "one" ? [] : [null])]).toContain(await ended);
    expect(performance.now() - interrupted).toBeLessThan(1000);
  });

  it("rlm ask reads a pipe whose writer comes late", async () => {
    const pipe = join(mkdtempSync(join(folder, "pipe-")), "ff");
    execFileSync("mkfifo", [pipe]);
    const { line, ended, lines } = start(["What is said of the heron?", "-c", pipe, "-m", "offline"]);
    await line(`Waiting for what writes to the pipe ${pipe} …`);
    await writeFile(pipe, "The heron waits.\n");
    expect(await ended).toBe(0);
    expect(lines).toContain("Context: 1 file, 17 characters");
  });

  it("rlm ask says that a pipe is empty whose writer wrote nothing", async () => {
    const pipe = join(mkdtempSync(join(folder, "pipe-")), "ff");
    execFileSync("mkfifo", [pipe]);
    const { ended, lines } = start(["q", "-c", pipe, "-m", "offline"]);
    await writeFile(pipe, "");
    expect(await ended).toBe(2);
    expect(lines.at(-1)).toBe(`error: Cannot read the context ${pipe}: it is empty`);
  });
});

const rlm = "packages/rlm-cli/bin/rlm.js";

/** `rlm ask` as a process of its own, in a folder of its own. */
function start(args: string[], { env, ...options }: StartOptions = {}, program = rlm): Started {
  return startProgram(program, ["ask", ...args], { cwd: folder, env: { TMPDIR: temporary, ...env }, ...options });
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
