import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runMain } from "./run-main.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-dry-run-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
write("heron.txt", "The heron waits.\nThe heron strikes.\n");

describe("main() --dry-run", () => {
  const prices = { "gpt-5": { inputPerMillion: 1, outputPerMillion: 10 } };
  write("prices.json", JSON.stringify(prices));

  it("main() --dry-run of a short context plans one call, and needs neither model nor key", async () => {
    const { code, stdout } = await ask(["q", "-c", "heron.txt", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Dry run: no model was asked\.\nContext: {8}1 file, 36 characters\n/);
    expect(stdout).toMatch(/^Size: .* 36 bytes, \d+ tokens \(o200k_base\)$/m);
    expect(stdout).toMatch(/^Plan: .*direct: one plain call/m);
    expect(stdout).toMatch(/^At most: .*2 calls, .* tokens, no price: no --model given .*once more where that is cut/m);
    expect(stdout).not.toContain("One whole pass");
  });

  it("main() --dry-run of a long context plans sub-calls, and what they cost by the table of --prices", async () => {
    write("long.txt", "The heron waits for the fish. ".repeat(10_000));
    const given = ["q", "-c", "long.txt", "--dry-run", "-m", "openai:gpt-5", "--prices", "prices.json"];
    const { code, stdout } = await ask([...given, "--tokens", "100k"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Plan: .*RLM: .*\(--depth 1\)$/m);
    expect(stdout).toMatch(/^At most: .*200 calls, 100,000 tokens, \$1\.00/m);
    expect(stdout).toMatch(/^One whole pass: about 3 sub-calls, 8\d,\d{3} tokens, \$0\.0\d{3}$/m);
    const json = JSON.parse((await ask([...given, "--json"])).stdout) as object;
    expect(json).toMatchObject({ chars: 300_000, bytes: 300_000, way: "rlm", onePass: { calls: 3 } });
    expect(json).toMatchObject({ most: { calls: 200, tokens: 2_000_000 } });
  });
});

it("main() --dry-run counts the call that asks again for a cut reply, and for one that does not fit", async () => {
  write("schema.json", '{ "type": "object" }');
  const given = ["q", "-c", "heron.txt", "--dry-run", "--json", "--max-output-tokens", "1000"];
  const most = async (args: string[] = []): Promise<unknown> =>
    (JSON.parse((await ask([...given, ...args])).stdout) as { most: unknown }).most;
  const once = await most();
  expect(once).toMatchObject({ calls: 2 });
  expect((once as { tokens: number }).tokens).toBeGreaterThan(3000);
  expect(await most(["--schema", "schema.json"])).toMatchObject({ calls: 4 });
  expect(await most(["--calls", "1"])).toMatchObject({ calls: 1 });
});

describe("main() --dry-run refuses what the run refuses", () => {
  const priced = ["--cost-usd", "1", "--prices", "prices.json"];
  it.each<[string[], RegExp]>([
    [
      ["-m", "openai:other", ...priced],
      /^error: Cannot keep to --cost-usd: the model "other" has no price; give it in/,
    ],
    [["-m", "openai:gpt-5", "--sub-model", "openai:mini", ...priced], /the model "mini" has no price/],
    [["-m", "opnai:gpt-5"], /^error: Expected the provider of "opnai:gpt-5" to be one of openai, .*--model offline/s],
    [["-m", "openai:gpt-5", "--sub-model", "gpt-5"], /name its provider, such as "openai:gpt-5"/],
    [["-m", "openai:gpt-5", "--base-url", "nowhere"], /baseUrl|base-url/],
  ])("main() --dry-run %j ends with 2", async (args, words) => {
    const { code, stdout, stderr } = await ask(["q", "-c", "heron.txt", "--dry-run", ...args]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(words);
  });

  it("main() --dry-run asks neither for a key nor for the provider's package", async () => {
    expect((await ask(["q", "-c", "heron.txt", "--dry-run", "-m", "groq:x"])).code).toBe(0);
  });

  it("main() --dry-run names the model that the price table lacks", async () => {
    const given = ["q", "-c", "heron.txt", "--dry-run", "-m", "openai:gpt-5", "--sub-model", "openai:mini"];
    const { code, stdout } = await ask([...given, "--prices", "prices.json"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^At most: .* tokens, no price: the table of --prices lacks mini /m);
  });

  it("main() --dry-run counts what summaries and refusals of a long history may ask for", async () => {
    const given = [
      "q",
      "-c",
      "heron.txt",
      "--dry-run",
      "--json",
      "--direct-below",
      "0",
      "--depth",
      "0",
      "--turns",
      "4",
    ];
    const most = (JSON.parse((await ask(given)).stdout) as { most: unknown }).most;
    expect(most).toMatchObject({ calls: 20 });
    expect((await ask([...given, "--history-tokens", "10"])).stderr).toMatch(
      /--history-tokens to be an integer of 1000/,
    );
  });

  it("main() --dry-run plans for the window of --context-window", async () => {
    const given = ["q", "-c", "heron.txt", "--dry-run", "-m", "ollama:x", "--context-window", "10"];
    expect((await ask(given)).stdout).toMatch(/^Plan: .*RLM/m);
  });
});

/** Where no model can be had. */
async function ask(argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const openModel = (): Promise<never> => Promise.reject(new Error("a model was opened"));
  return await runMain(["ask", ...argv], { cwd: folder, openModel });
}

function write(name: string, content: string): void {
  writeFileSync(join(folder, name), content);
}
