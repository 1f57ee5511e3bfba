import { pbkdf2 } from "node:crypto";
import { EventEmitter } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stat } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { spool } from "./spool.ts";

const signal = new AbortController().signal;

describe("spool()", () => {
  it("spool() copies what can be read once", async () => {
    const temporary = nameless();
    const source = new PassThrough();
    source.end("once");
    expect(readFileSync(await spool(source, "stdin", { signal, newFile: temporary.newFile }), "utf8")).toBe("once");
    temporary.close();
  });

  it.each([
    ["is no stream", () => new EventEmitter(), /must be/],
    ["fails", () => new PassThrough().destroy(new Error("gone")), /gone/],
  ])("spool() of a source that %s opens nothing once it has ended", async (_, source, words) => {
    const temporary = nameless();
    // All threads that open files are busy, so that what is opened late is opened when the path is gone.
    const slow = Array.from({ length: 8 }, async () => await promisify(pbkdf2)("a", "b", 20_000, 64, "sha512"));
    const spooled = spool(source() as NodeJS.ReadableStream, "stdin", { signal, newFile: temporary.newFile });
    await expect(spooled).rejects.toThrow(words);
    // An error that comes from here on has nobody to hear it: vitest fails on it.
    temporary.close();
    await Promise.all(slow);
    await stat(".");
  });
});

/** New files that have no name in any folder, as those of a command line have: gone with their descriptor. */
function nameless(): { newFile(name: string): string; close(): void } {
  const open: number[] = [];
  return {
    newFile(name) {
      const folder = mkdtempSync(join(tmpdir(), "rlm-spool-test-"));
      const fd = openSync(join(folder, name), "wx");
      open.push(fd);
      rmSync(folder, { recursive: true });
      return `/proc/self/fd/${fd}`;
    },
    close: () => open.splice(0).forEach((fd) => closeSync(fd)),
  };
}
