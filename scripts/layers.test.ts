import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layerViolations } from "./layers.ts";

let root: string;
let before: string[];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "rlm-layers-"));
  const isSource = (path: string) => !["node_modules", "dist"].includes(basename(path));
  cpSync("packages", join(root, "packages"), { recursive: true, filter: isSource });
  mkdirSync(join(root, "node_modules"));
  for (const name of readdirSync("packages")) {
    symlinkSync(join("..", "packages", name), join(root, "node_modules", name));
  }
  before = await layerViolations(root);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("layerViolations()", () => {
  it("names nothing where every edge is allowed", async () => {
    expect(await planted({ "rlm-core/src/steps/planted.ts": 'import "../limits.ts";' })).toEqual([]);
  });

  it("names an import of a group to the right", async () => {
    expect(await planted({ "rlm-core/src/prompt/planted.ts": 'import "../loop.ts";' })).toEqual([
      "means may not import: packages/rlm-core/src/prompt/planted.ts → packages/rlm-core/src/loop.ts",
    ]);
  });

  it("names an import of types alone", async () => {
    const files = { "rlm-core/src/sandboxes/planted/planted.ts": 'import type { RlmEvent } from "../../events.ts";' };
    expect(await planted(files)).toEqual([
      "sandboxes may not import: packages/rlm-core/src/sandboxes/planted/planted.ts → packages/rlm-core/src/events.ts",
    ]);
  });

  it("names a sandbox that imports another", async () => {
    const files = { "rlm-core/src/sandboxes/planted/planted.ts": 'import "../isolate/machine.ts";' };
    expect(await planted(files)).toEqual([
      "a sandbox may not import another: packages/rlm-core/src/sandboxes/planted/planted.ts → packages/rlm-core/src/sandboxes/isolate/machine.ts",
    ]);
  });

  it("names a file of rlm-core that no group lists", async () => {
    expect(await planted({ "rlm-core/src/planted.ts": "" })).toEqual([
      "in no group of scripts/layers.ts: packages/rlm-core/src/planted.ts",
    ]);
  });

  it("names a cycle", async () => {
    const files = { "rlm-tools/src/one.ts": 'import "./two.ts";', "rlm-tools/src/two.ts": 'import "./one.ts";' };
    expect(await planted(files)).toEqual([
      expect.stringMatching(/^cycle: packages\/rlm-tools\/src\/(one|two)\.ts → .*(one|two)\.ts → .*(one|two)\.ts$/),
    ]);
  });

  it("names an import of a package to the right, by name or by path", async () => {
    const files = {
      "rlm-tools/src/planted.ts": 'import "rlm-cli"; import type {} from "../../rlm-core/src/limits.ts";',
      "rlm-core/src/steps/planted.ts": 'import type {} from "rlm-tools"; import "@langchain/core/tools";',
    };
    expect(await planted(files)).toEqual([
      "another package by path instead of name: packages/rlm-tools/src/planted.ts → packages/rlm-core/src/limits.ts",
      "rlm-core may not import: packages/rlm-core/src/steps/planted.ts → packages/rlm-tools/src/index.ts",
      "rlm-core must not know: packages/rlm-core/src/steps/planted.ts → @langchain/core/tools",
      "rlm-tools may not import: packages/rlm-tools/src/planted.ts → packages/rlm-cli/src/index.ts",
    ]);
  });

  it("names an import of more than types where only types are allowed", async () => {
    const files = {
      "rlm-tools/src/planted.ts": 'import { runRlm } from "rlm-core";',
      "rlm-tools/src/planted-type.ts": 'import type { Model } from "rlm-core";',
    };
    expect(await planted(files)).toEqual([
      "rlm-tools may import types alone: packages/rlm-tools/src/planted.ts → packages/rlm-core/src/index.ts",
    ]);
  });

  it("names a terminal outside of rlm-cli", async () => {
    const files = {
      "rlm-core/src/steps/planted.ts": 'import "node:readline";',
      "rlm-cli/src/planted.ts": 'import "node:tty";',
    };
    expect(await planted(files)).toEqual(["rlm-core must not know: packages/rlm-core/src/steps/planted.ts → readline"]);
  });

  it("names an import of a test", async () => {
    const files = { "rlm-tools/src/planted.ts": 'import "./planted.test.ts";', "rlm-tools/src/planted.test.ts": "" };
    expect(await planted(files)).toEqual([
      "a test is imported: packages/rlm-tools/src/planted.ts → packages/rlm-tools/src/planted.test.ts",
    ]);
  });
});

/** What the files add to the violations of the copy. */
async function planted(files: Record<string, string>): Promise<string[]> {
  const paths = Object.keys(files).map((path) => join(root, "packages", path));
  try {
    for (const [path, text] of Object.entries(files)) {
      const file = join(root, "packages", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { flag: "wx" });
    }
    const after = await layerViolations(root);
    return after.filter((violation) => !before.includes(violation)).sort();
  } finally {
    for (const path of paths) rmSync(path);
  }
}
