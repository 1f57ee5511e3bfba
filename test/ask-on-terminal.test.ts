import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hasTerminals, onTerminal } from "./on-terminal.ts";
import { startProgram } from "./start-program.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-terminal-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "birds.txt"), "The heron waits at the weir.\nThe stork does not.\n".repeat(200));
const question = ["ask", "What is said of the heron?", "-m", "offline", "--direct-below", "0"];
const env = { RLM_HOME: join(folder, "state") };

describe.runIf(hasTerminals)("rlm ask --approve on a terminal", () => {
  it("asks at the terminal, also where stdin is the context, and lets a person edit in EDITOR", async () => {
    const terminal = onTerminal([...question, "-c", "-", "--no-trace", "--approve", "code,answer"], {
      cwd: folder,
      env: { ...env, EDITOR: "echo 'print(1); FINAL(42 + \" herons\")' >" },
      stdin: "birds.txt",
    });
    let seen = await terminal.until(
      /The model wants to run this code \(turn 1\):\n {2}\| [^]*Go on\? y yes, n no.*: $/,
    );
    terminal.type("what\n");
    seen = await terminal.until(/There is no choice "what"\.\nGo on\?.*: $/, seen);
    terminal.type("e\n");
    seen = await terminal.until(/The answer \(final\):\n {2}\| 42 herons\nGo on\?.*: $/, seen);
    terminal.type("n\n");
    seen = await terminal.until(/What should be different\?.*: $/, seen);
    terminal.type("more herons\n");
    seen = await terminal.until(/run this code \(turn 2\)[^]*Go on\?.*: $/, seen);
    terminal.type("e\n");
    await terminal.until(/The answer \(final\)[^]*Go on\?.*: $/, seen);
    terminal.type("y\n");
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown().trimEnd().split("\n")).toContain("42 herons");
  });

  it.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
    ["q", "q\n"],
  ])("keeps a thread at %s while a question stands, and rlm resume asks it again", async (name, keys) => {
    const id = `birds-${name.toLowerCase()}`;
    const asked = onTerminal([...question, "-c", "birds.txt", "--thread", id, "--approve", "code"], {
      cwd: folder,
      env,
    });
    await asked.until(/run this code \(turn 1\)[^]*Go on\?.*: $/);
    asked.type(keys);
    expect(await asked.ended).toBe(130);
    expect(asked.shown()).toMatch(new RegExp(`Stopped\\.\n.*rlm resume ${id}\n`));

    if (name === "Ctrl-C") {
      // Nobody is asked where there is no terminal: a process of its own has none.
      const waits = startProgram("packages/rlm-cli/bin/rlm.js", ["resume", id], { cwd: folder, env });
      expect(await waits.ended).toBe(5);
      expect(waits.lines).toContain("The run waits for a person to be asked:");
    }
    const resumed = onTerminal(["resume", id], { cwd: folder, env });
    await resumed.until(/run this code \(turn 1\)[^]*Go on\?.*: $/);
    resumed.type("a\n");
    expect(await resumed.ended).toBe(0);
    expect(resumed.shown()).toMatch(/heron/);
    expect(resumed.shown().match(/Go on\?/g)).toHaveLength(1);
  });
});
