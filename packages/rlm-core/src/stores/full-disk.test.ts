import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

// The system's limit of file sizes stands for a full disk: a write gets part of its bytes in, then fails.
const program = `
import { directoryStore } from ${JSON.stringify(import.meta.resolve("./directory.ts"))};
const store = directoryStore(process.argv[1]);
await store.append("log", "first");
const errors = [];
for (const fail of [() => store.append("log", "x".repeat(100_000)), () => store.put("x".repeat(100_000))]) await fail().catch((error) => errors.push(error.code + " " + error.message));
await store.append("log", "second");
console.log(JSON.stringify({ errors, entries: await store.read("log") }));
`;

it("append() and put() on a full disk are errors that leave nothing behind, and the next append is whole", () => {
  const folder = mkdtempSync(join(tmpdir(), "rlm-full-"));
  try {
    const script = 'ulimit -f 8; exec "$0" --input-type=module -e "$1" "$2"';
    const printed = execFileSync("sh", ["-c", script, process.execPath, program, folder], { encoding: "utf8" });
    const { errors, entries } = JSON.parse(printed) as { errors: string[]; entries: unknown[] };
    expect(entries).toEqual(["first", "second"]);
    expect(errors).toEqual([
      expect.stringMatching(/^store Cannot keep log "log" in .*EFBIG/),
      expect.stringMatching(/^store Cannot keep text sha256:.*EFBIG/),
    ]);
    expect(execFileSync("find", [folder, "-name", "*.tmp"], { encoding: "utf8" })).toBe("");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
