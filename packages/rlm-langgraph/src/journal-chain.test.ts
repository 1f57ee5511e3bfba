import { memoryStore, type JournalEvent } from "rlm-core";
import { describe, expect, it } from "vitest";
import { addToJournal, readJournal } from "./journal-chain.ts";

const wait = (id: number): JournalEvent => ({ type: "wait", ids: [id] });

describe("readJournal()", () => {
  it("readJournal() gives all events of a chain in order, and none of another branch", async () => {
    const store = memoryStore();
    const first = await addToJournal(null, [wait(1), wait(2)], store);
    const one = await addToJournal(first, [wait(3)], store);
    const other = await addToJournal(first, [wait(4)], store);
    expect(await readJournal(one, store)).toEqual([wait(1), wait(2), wait(3)]);
    expect(await readJournal(other, store)).toEqual([wait(1), wait(2), wait(4)]);
    expect(await readJournal(null, store)).toEqual([]);
  });

  it("readJournal() names a link that is missing or is none", async () => {
    const store = memoryStore();
    const ref = await store.put('{"events":1}');
    await expect(readJournal(ref, store)).rejects.toThrow(`Cannot read the journal: ${ref} is not a part of one`);
    await expect(readJournal("sha256:00", store)).rejects.toMatchObject({ code: "store" });
  });
});

describe("addToJournal()", () => {
  it("addToJournal() leaves the head where there is nothing to add", async () => {
    expect(await addToJournal("head", [], memoryStore())).toBe("head");
  });
});
