import { pbkdf2 } from "node:crypto";
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { temporaryFiles } from "../temporary-files.ts";
import { spool } from "./spool.ts";

const signal = new AbortController().signal;

describe("spool()", () => {
  it("spool() copies what can be read once", async () => {
    const temporary = temporaryFiles();
    const source = new PassThrough();
    source.end("once");
    expect(readFileSync(await spool(source, "stdin", { signal, temporary }), "utf8")).toBe("once");
    temporary.remove();
  });

  it.each([
    ["is no stream", () => new EventEmitter(), /must be/],
    ["fails", () => new PassThrough().destroy(new Error("gone")), /gone/],
  ])("spool() of a source that %s opens nothing once it has ended", async (_, source, words) => {
    const temporary = temporaryFiles();
    // All threads that open files are busy, so that what is opened late is opened when the path is gone.
    const slow = Array.from({ length: 8 }, async () => await promisify(pbkdf2)("a", "b", 20_000, 64, "sha512"));
    const spooled = spool(source() as NodeJS.ReadableStream, "stdin", { signal, temporary });
    await expect(spooled).rejects.toThrow(words);
    // An error that comes from here on has nobody to hear it: vitest fails on it.
    temporary.remove();
    await Promise.all(slow);
    await stat(".");
  });
});
