import { BaseDocumentLoader } from "@langchain/core/document_loaders/base";
import { Document } from "@langchain/core/documents";
import { describe, expect, it } from "vitest";
import { fromDocumentLoader } from "./from-document-loader.ts";

class Fixed extends BaseDocumentLoader {
  readonly documents: Document[];
  constructor(documents: Document[]) {
    super();
    this.documents = documents;
  }
  override load(): Promise<Document[]> {
    return Promise.resolve(this.documents);
  }
}

const page = (pageContent: string, metadata: Record<string, unknown> = {}): Document =>
  new Document({ pageContent, metadata });

describe("fromDocumentLoader()", () => {
  it("fromDocumentLoader() gives texts by names that say where they are from, each once", async () => {
    const { context, documents } = await fromDocumentLoader(
      new Fixed([
        page("one", { source: "a.pdf", loc: { pageNumber: 1 } }),
        page("two", { source: "a.pdf", loc: { pageNumber: 2, lines: { from: 3, to: 9 } } }),
        page("three", { source: "b.md", loc: { lines: { from: 1, to: 4 } } }),
        page("four", { source: "b.md", date: "1914" }),
        page("five", { source: "b.md" }),
        page("six"),
        page("__proto__", { source: "__proto__" }),
      ]),
    );
    expect(Object.entries(context)).toEqual([
      ["a.pdf#page=1", "one"],
      ["a.pdf#page=2&L3-L9", "two"],
      ["b.md#L1-L4", "three"],
      ["b.md", "four"],
      ["b.md (2)", "five"],
      ["document_6", "six"],
      ["__proto__", "__proto__"],
    ]);
    expect(documents[3]).toEqual({ name: "b.md", metadata: { source: "b.md", date: "1914" } });
  });

  it.each([
    ["fails", { load: () => Promise.reject(new Error("no such bucket")) }, "Cannot load the context: no such bucket"],
    ["gives nothing", new Fixed([]), "none of the loader's 0 documents has a text in it"],
    ["gives white space", new Fixed([page(" \n")]), "none of the loader's 1 documents has a text in it"],
    [
      "throws at once",
      {
        load: () => {
          throw new Error("no such bucket");
        },
      },
      "Cannot load the context: no such bucket",
    ],
    ["gives no array", { load: () => Promise.resolve(undefined) }, "the loader gave no array of documents"],
    ["gives no documents", { load: () => Promise.resolve(["text"]) }, "item 0 of the loader is no document"],
  ])("fromDocumentLoader() of a loader that %s is an error", async (_, loader, message) => {
    await expect(fromDocumentLoader(loader as never)).rejects.toThrow(message);
  });

  it("fromDocumentLoader() names the rows of a long table, in time that grows with their number", async () => {
    const rows = Array.from({ length: 50_000 }, (_, index) =>
      page(`row ${index}`, { source: "data.csv", line: index % 10 }),
    );
    const { context } = await fromDocumentLoader(new Fixed(rows));
    expect(Object.keys(context).slice(8, 12)).toEqual([
      "data.csv#L8",
      "data.csv#L9",
      "data.csv#L0 (2)",
      "data.csv#L1 (2)",
    ]);
    expect(context["data.csv#L9 (5000)"]).toBe("row 49999");
  });

  it("fromDocumentLoader() ends at an abort, with its reason", async () => {
    const reason = new Error("enough");
    const stop = new AbortController();
    const loading = fromDocumentLoader({ load: () => new Promise(() => {}) }, { signal: stop.signal });
    stop.abort(reason);
    await expect(loading).rejects.toBe(reason);
  });
});
