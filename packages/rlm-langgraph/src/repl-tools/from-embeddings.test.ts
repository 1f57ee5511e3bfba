import { Document, type DocumentInterface } from "@langchain/core/documents";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { VectorStore } from "@langchain/core/vectorstores";
import { expect, it } from "vitest";
import { fromEmbeddings, fromVectorStore } from "./from-embeddings.ts";

class TinyStore extends VectorStore {
  readonly documents: DocumentInterface[] = [];
  _vectorstoreType(): string {
    return "tiny";
  }
  async addVectors(_vectors: number[][], documents: DocumentInterface[]): Promise<void> {
    this.documents.push(...documents);
  }
  async addDocuments(documents: DocumentInterface[]): Promise<void> {
    await this.addVectors([], documents);
  }
  async similaritySearchVectorWithScore(_query: number[], k: number): Promise<[DocumentInterface, number][]> {
    return this.documents.slice(0, k).map((document, at) => [document, 1 / (at + 1)]);
  }
}

const { signal } = new AbortController();
const aborted = AbortSignal.abort(new Error("Stopped"));

it("fromEmbeddings() gives a vector for each text, and none once it is aborted", async () => {
  const embed = fromEmbeddings(new FakeEmbeddings());
  expect(await embed(["a", "b"], { signal })).toEqual(await new FakeEmbeddings().embedDocuments(["a", "b"]));
  await expect(embed(["a"], { signal: aborted })).rejects.toThrow("Stopped");
});

it("fromVectorStore() finds at most max documents with their scores", async () => {
  const store = new TinyStore(new FakeEmbeddings(), {});
  const pages = ["one", "two", "three"];
  await store.addDocuments(pages.map((pageContent, page) => new Document({ pageContent, metadata: { page } })));
  const find = fromVectorStore(store);
  expect(await find("any", { max: 2, signal })).toEqual([
    { text: "one", score: 1, metadata: { page: 0 } },
    { text: "two", score: 0.5, metadata: { page: 1 } },
  ]);
  await expect(find("any", { max: 1, signal: aborted })).rejects.toThrow("Stopped");
});
