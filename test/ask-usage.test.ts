import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scriptedModel } from "rlm-core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { runMain } from "./run-main.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-usage-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
write("heron.txt", "The heron waits.\nThe heron strikes.\n");

describe("main() usage", () => {
  it.each([
    [["--help"], 0, /^Usage: rlm .*Commands:\n {2}ask .*Examples:/s],
    [["ask", "--help"], 0, /^Usage: rlm ask .*--context <path\.\.\.>.*Examples:.*RLM_MODEL.*Exit codes:/s],
    [["--version"], 0, /^\d+\.\d+\.\d+\n$/],
  ])("main() %j teaches on stdout", async (argv, code, words) => {
    const ended = await runMain(argv, { cwd: folder });
    expect(ended).toMatchObject({ code, stderr: "" });
    expect(ended.stdout).toMatch(words);
  });

  const q = ["ask", "q", "--context", "heron.txt"];
  const good = [...q, "-m", "a:b"];
  write("list.json", "[]");
  write("no.json", "{");
  write("objekt.json", '{ "type": "objekt" }');
  write("free.json", JSON.stringify({ m: { inputPerMillion: -1, outputPerMillion: 1 } }));
  it.each<[string[], RegExp]>([
    [[], /Usage: rlm/],
    [["aks"], /unknown command 'aks'\n\(Did you mean ask\?\)/],
    [[...q, "--modle", "a:b"], /unknown option '--modle'\n\(Did you mean --model\?\)\n\(rlm ask --help shows/],
    [["ask", "q", "extra", "-c", "heron.txt", "-m", "a:b"], /too many arguments/],
    [["ask", "-c", "heron.txt", "-m", "a:b"], /No question: rlm ask "QUESTION" --context PATH/],
    [["ask", " ", "-c", "heron.txt", "-m", "a:b"], /No question/],
    [["ask", "-c", "heron.txt", "What?", "-m", "a:b"], /No question/],
    [["ask", "q", "-m", "a:b"], /No context: give --context PATH/],
    [["ask", "q", "-c", "", "-m", "a:b"], /Expected --context to be a path, got ""/],
    [q, /No model: give --model provider:name, or set RLM_MODEL.*OPENAI_API_KEY.*ollama.*--model offline/s],
    [[...good, "--calls", "many"], /'many' is invalid\. Expected a number such as 200, 50k or 2M, or none/],
    [[...good, "--calls", "0"], /Expected --calls to be an integer of 1 or more, got 0/],
    [[...good, "--depth", "1.5"], /Expected --depth to be an integer from 0 to 100, got 1\.5/],
    [[...good, "--concurrency", "none"], /--concurrency/],
    [[...good, "--duration", "soon"], /Expected a time such as 90s, 10m or 1h, or none/],
    [[...good, "--cost-usd", "cheap"], /Expected US dollars such as 2 or 0\.50/],
    [[...good, "--cost-usd", "2"], /Cannot keep to --cost-usd without prices: give --prices FILE/],
    [[...good, "--context-window", "none"], /Expected a number of tokens such as 32768 or 128k/],
    [[...good, "--delay", "1.5"], /Expected a number of milliseconds/],
    [[...good, "--profile", "huge"], /Allowed choices are big, small, thinking/],
    [[...good, "--prices", "list.json"], /Expected the file of --prices, list\.json, to be a JSON object/],
    [[...good, "--prices", "free.json"], /prices\["m"\]/],
    [[...good, "--schema", "no.json"], /Cannot read the file of --schema, no\.json: it is not JSON/],
    [[...good, "--schema", "objekt.json"], /Cannot use --schema: it is no JSON Schema, "type" cannot be "objekt"/],
    [[...good, "--schema", "objekt.json", "--dry-run", "-m", "offline"], /Cannot use --schema: .*"objekt"/],
    [[...good, "--prices", "missing.json"], /Cannot read the file of --prices, missing\.json: there is no such file/],
    [
      [...good, "--schema", "missing.json"],
      /Cannot read the file of --schema, missing\.json: there is no such file or folder\n/,
    ],
    [[...good, "--trace", "heron.txt"], /heron\.txt: it is there already; give another path/],
    [[...good, "--trace", "nowhere/t.jsonl"], /nowhere/],
    [[...good, "--base-url", "nowhere", "-m", "openai:x"], /baseUrl|base-url/],
    [[...q, "-m", "gpt-5"], /name its provider, such as "openai:gpt-5"/],
  ])("main() %j says what is wrong and ends with 2", async (argv, words) => {
    const openModel =
      argv.includes("a:b") && !argv.includes("openai:x") ? async () => scriptedModel(["yes"]) : undefined;
    const { code, stdout, stderr } = await runMain(argv, { cwd: folder, ...(openModel && { openModel }) });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain("limits.");
  });

  it("main() refuses --cost-usd for a model without a price before it reads the context, and only where it would be asked", async () => {
    write("known.json", JSON.stringify({ known: { inputPerMillion: 1, outputPerMillion: 1 } }));
    const openModel = async (name: string) => scriptedModel(["yes"], { modelName: name.slice(2) });
    const argv = [...q, "-m", "a:known", "--sub-model", "a:other", "--cost-usd", "1", "--prices", "known.json"];
    const refused = await runMain(argv, { cwd: folder, openModel });
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain('the model "other" has no price; give it in the table of --prices');
    expect(refused.stderr).not.toContain("Context:");
    expect((await runMain([...argv, "--depth", "0", "-q"], { cwd: folder, openModel })).code).toBe(0);
  });
});

function write(name: string, content: string): void {
  writeFileSync(join(folder, name), content);
}
