import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { filePieces } from "./file-pieces.ts";
import { decodeText } from "./text-encoding.ts";

/** A file handle that gives at most so many bytes a read, as a slow disk or a network may. */
async function inReads<T>(bytes: Buffer, most: number, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "rlm-pieces-"));
  try {
    writeFileSync(join(folder, "file"), bytes);
    const file = await open(join(folder, "file"));
    const short = (buffer: Buffer, offset: number, length: number) =>
      file.read(buffer, offset, Math.min(length, most), null);
    try {
      return await use({ read: short } as unknown as FileHandle);
    } finally {
      await file.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("filePieces() cuts no character, however few bytes a read gives, and keeps every byte", async () => {
  const text = "a\r\né\u00ff판문점 🌏👨‍👩‍👧\ufeff plain \u0800\uffff𐀀";
  const bytes = Buffer.from(text.repeat(3));
  for (let most = 1; most <= 12; most += 1) {
    await inReads(bytes, most, async (file) => {
      const pieces: string[] = [];
      for await (const piece of filePieces(file, "utf-8")) {
        expect(Buffer.from(decodeText(piece, "utf-8")).equals(piece)).toBe(true);
        pieces.push(decodeText(piece, "utf-8"));
      }
      expect(pieces.join("")).toBe(text.repeat(3));
    });
  }
});

it("filePieces() keeps the two bytes of a UTF-16 unit together", async () => {
  for (const most of [1, 2, 3, 5]) {
    await inReads(Buffer.from("a🌏\ud800b", "utf16le"), most, async (file) => {
      let text = "";
      for await (const piece of filePieces(file, "utf-16le")) text += piece.toString("utf16le");
      expect(text).toBe("a🌏\ud800b");
    });
  }
});

it("filePieces() gives what is no character as it is", async () => {
  const broken = Buffer.from([0x41, 0xe2, 0x82, 0x41, 0xff, 0x80, 0x80, 0x80, 0x80, 0xf0, 0x9f, 0x8c]);
  for (let most = 1; most <= broken.length; most += 1) {
    await inReads(broken, most, async (file) => {
      const pieces: Buffer[] = [];
      for await (const piece of filePieces(file, "utf-8")) pieces.push(Buffer.from(piece));
      expect(Buffer.concat(pieces)).toEqual(broken);
    });
  }
});
