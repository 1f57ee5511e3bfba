import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type { Layer, Sandbox } from "rlm-core";
import { describe, expect, it } from "vitest";
import { processIo } from "../io.ts";
import { main } from "../main.ts";
import { describeHealth } from "./describe-health.ts";
import { trySandbox } from "./try-sandbox.ts";

async function doctor(...args: string[]): Promise<{ code: number; stdout: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said = text(stdout);
  const code = await main(["doctor", ...args], { ...processIo(), stdout, stderr, signals: new EventEmitter() });
  stdout.end();
  return { code, stdout: await said };
}

describe("rlm doctor", () => {
  it("main() doctor says that the sandbox works, and each layer", async () => {
    const { code, stdout } = await doctor();
    expect(code).toBe(0);
    expect(stdout).toContain(
      `Node ${process.versions.node}, V8 ${process.versions.v8}, ${process.platform} ${process.arch}\n`,
    );
    expect(stdout).toMatch(/The sandbox works: a session gave its first result after \d+ ms\./);
    expect(stdout).toMatch(/^yes {2}child-process {5}every session has a process of its own/m);
    expect(stdout).toMatch(/^(yes|NO ) {2}no-network /m);
  });

  it("main() doctor --json gives the same as one object", async () => {
    const { code, stdout } = await doctor("--json");
    expect(code).toBe(0);
    const health = JSON.parse(stdout) as { works: boolean; layers: Layer[] };
    expect(health.works).toBe(true);
    expect(health.layers.map(({ name }) => name)).toContain("resource-limits");
  });

  it("describeHealth() says what a missing layer means and how to get it", () => {
    const layers: Layer[] = [
      { name: "permission", active: true, purpose: "files" },
      {
        name: "no-network",
        active: false,
        purpose: "a namespace",
        without: "it could call home",
        remedy: "install it",
      },
    ];
    const told = describeHealth({ node: "24", v8: "13", platform: "linux x64", works: true, startMs: 5, layers });
    expect(told).toContain(
      "NO   no-network        a namespace\n                       without it: it could call home\n                       to get it: install it\n",
    );
    expect(told).toContain("Missing here: no-network.");
  });

  it("trySandbox() tells why none starts, and closes it", async () => {
    let closed = false;
    const broken = {
      v8: "",
      open: () => Promise.reject(new Error("no process")),
      close: async () => void (closed = true),
    };
    expect(await trySandbox(broken as Sandbox)).toEqual({ works: false, problem: "no process" });
    expect(closed).toBe(true);
    let left = 1;
    const dying = {
      ...broken,
      open: async () => ({ run: () => Promise.reject(new Error("it died")), close: async () => void left-- }),
    };
    expect(await trySandbox(dying as unknown as Sandbox)).toEqual({ works: false, problem: "it died" });
    expect(left).toBe(0);
    const told = describeHealth({
      node: "24",
      v8: "13",
      platform: "x",
      works: false,
      problem: "no process",
      layers: [],
    });
    expect(told).toContain("No sandbox starts here: no process");
  });
});
