import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { load } from "./load.ts";
import type { UnreadFile } from "./loaded.ts";
import { zipArchive } from "./testing/zip-archive.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rlm-load-long-test-"));
  writeFileSync(join(folder, "fine.txt"), "fine");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("load() of what takes too much", () => {
  it("load() kills what converts a document after its time, and reads the rest", async () => {
    // The parser's work grows with the square of the depth.
    writeFileSync(join(folder, "deep.html"), `${"<div>".repeat(2_000_000)}deep`);
    expect(await allButFine()).toMatchObject([
      { name: "deep.html", reason: "limit", why: "to convert it takes longer than 60 s" },
    ]);
  });

  it("load() kills what converts a document that inflates to more than may be, and reads the rest", async () => {
    const part = "<w:p><w:r><w:t>A</w:t></w:r></w:p>";
    const xml = `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${part.repeat(6_000_000)}</w:body></w:document>`;
    const bomb = zipArchive({ "word/document.xml": xml });
    expect(bomb.length).toBeLessThan(xml.length / 300);
    writeFileSync(join(folder, "bomb.docx"), bomb);
    expect(await allButFine()).toMatchObject([
      { name: "bomb.docx", reason: "limit", why: "to convert it takes more than 1,000 MB of memory" },
    ]);
  });
});

/** What is unread, everything else being "fine.txt". */
async function allButFine(): Promise<readonly UnreadFile[]> {
  const { documents, unread, remove } = await load(folder, { cwd: folder });
  expect(documents).toMatchObject([{ name: "fine.txt", chars: 4 }]);
  remove();
  return unread;
}
