import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { temporaryFiles } from "./temporary-files.ts";

const folder = mkdtempSync(join(tmpdir(), "rlm-files-"));
vi.stubEnv("TMPDIR", folder);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("temporaryFiles()", () => {
  it.runIf(process.platform === "linux")("temporaryFiles() on Linux leaves nothing in any folder", () => {
    const files = temporaryFiles();
    const [first, second] = [files.create("same"), files.create("same")];
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(first, "a long text", { flag: "r+" });
    writeFileSync(second, "another", { flag: "r+" });
    expect([first, second].map((path) => readFileSync(path, "utf8"))).toEqual(["a long text", "another"]);
    expect(statSync(first).mode & 0o777).toBe(0o600);
    files.remove();
    expect(() => readFileSync(first)).toThrow();
  });

  it("temporaryFiles() elsewhere makes folders of this user alone, and removes them", () => {
    const files = temporaryFiles("darwin");
    const path = files.create("text");
    writeFileSync(path, "a text", { flag: "r+" });
    expect(readFileSync(path, "utf8")).toBe("a text");
    expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700]);
    files.remove();
    expect(readdirSync(folder)).toEqual([]);
    files.remove();
  });
});
