import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { Session } from "../sandbox.ts";
import { activeLayers, confine, layerNames } from "./layers.ts";
import { childrenOf } from "./process-tree.ts";
import { openScripted, sandboxPids, script, testSession } from "../sandboxes/isolate/testing/test-session.ts";

const layers = await activeLayers();
const has = (name: string): boolean => layers.some((layer) => layer.name === name && layer.active);

it("activeLayers() tells every layer, what it is for, and how to get it where it is missing", () => {
  expect(layers.map(({ name }) => name)).toEqual([...layerNames]);
  for (const { active, purpose, remedy } of layers) {
    expect(purpose).not.toBe("");
    expect(remedy === undefined).toBe(active);
  }
});

it("confine() gives up credentials before it asks for the parent-death signal, which they would clear", () => {
  const command = confine({ unshare: "/u", setpriv: "/s", prlimit: "/p" }, 2_000, ["node", "child.js"]);
  expect(command.filter((word) => /^(\/.|node|child\.js)$/.test(word))).toEqual(["/u", "/p", "/s", "node", "child.js"]);
  const forking = confine({ unshare: "/u", setpriv: "/s", prlimit: "/p", ownProcesses: true }, 2_000, ["node"]);
  expect(forking.filter((word) => /^(\/.|node)$/.test(word))).toEqual(["/u", "/s", "/p", "/u", "/s", "node"]);
  expect(command).toContain("--data=2000000000");
  expect(confine({}, 2_000, ["node"])).toEqual(["node"]);
});

function groupOf(pid: number): string {
  return execFileSync("ps", ["-o", "pgid=", "-p", String(pid)], { encoding: "utf8" }).trim();
}

describe("a process of the sandbox", () => {
  let session: Session;
  afterEach(() => session.close());

  it.runIf(process.platform === "linux")(
    "is confined as activeLayers() says, and has nothing of the environment",
    async () => {
      session = await openScripted(testSession("").options());
      const [outer] = sandboxPids();
      const [pid = outer] = childrenOf(outer!);
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
      expect(readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean).sort()).toEqual([
        "LC_ALL=C",
        "TZ=UTC",
      ]);
      expect(/^NoNewPrivs:\s+1$/m.test(status)).toBe(has("no-privileges"));
      expect(/^CapEff:\s+0+$/m.test(status) && /^CapBnd:\s+0+$/m.test(status)).toBe(
        has("no-privileges") && has("no-network"),
      );
      expect(/^Max data size\s+\d+\s+\d+\s/m.test(limits) && /^Max core file size\s+0\s+0\s/m.test(limits)).toBe(
        has("resource-limits"),
      );
      expect(/^Max open files\s+0\s+0\s/m.test(limits)).toBe(has("no-new-files"));
      // A signal to "its group" would reach this program too, whatever processes it sees.
      expect(groupOf(pid!) !== groupOf(process.pid)).toBe(has("no-processes"));
      expect(readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync("/proc/self/ns/pid")).toBe(has("no-processes"));
      expect(readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync("/proc/self/ns/net")).toBe(has("no-network"));
    },
  );

  it("may not read or write files or start processes, and has no network where there is a layer for that", async () => {
    session = await openScripted(testSession("").options());
    const comesOf = async (forbidden: "read" | "write" | "spawn" | "connect"): Promise<unknown> => {
      const progress = await session.run(script({ forbidden }));
      return progress.kind === "done" && progress.output.text;
    };
    expect(await comesOf("read")).toBe("ERR_ACCESS_DENIED");
    expect(await comesOf("write")).toBe("ERR_ACCESS_DENIED");
    expect(await comesOf("spawn")).toBe("ERR_ACCESS_DENIED");
    if (has("no-network")) expect(await comesOf("connect")).toMatch(/ENETUNREACH|ERR_ACCESS_DENIED|EMFILE/);
  });
});
