import { Document } from "@langchain/core/documents";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { memoryStore, named } from "rlm-core";
import { describe, expect, it } from "vitest";
import { toContextRefs, type RlmContext } from "./to-context.ts";

async function stored(context: RlmContext): Promise<unknown[]> {
  const store = memoryStore();
  const refs = await toContextRefs(context, store);
  return await Promise.all(
    refs.map(async ({ kind, ref }) => (kind === "string" ? await store.get(ref) : JSON.parse(await store.get(ref)))),
  );
}

describe("toContextRefs()", () => {
  it("toContextRefs() keeps documents with their metadata, and messages with role and text alone", async () => {
    expect(await stored([new Document({ pageContent: "one", metadata: { page: 1 } })])).toEqual([
      [{ pageContent: "one", metadata: { page: 1 } }],
    ]);
    expect(await stored([new HumanMessage({ content: "Hi", name: "Ann" }), new AIMessage("Hello")])).toEqual([
      [
        { role: "human", name: "Ann", content: "Hi" },
        { role: "ai", content: "Hello" },
      ],
    ]);
  });

  it("toContextRefs() takes what rlm-core takes, and references as they are", async () => {
    expect(await stored("text")).toEqual(["text"]);
    expect(await stored(["a", "b"])).toEqual([["a", "b"]]);
    expect(await stored(named({ logs: "one", rules: { a: 1 } }))).toEqual(["one", { a: 1 }]);
    const store = memoryStore();
    const [ref] = await toContextRefs("text", store);
    expect(await toContextRefs(ref!, store)).toEqual([ref]);
    expect(await toContextRefs([ref!], store)).toEqual([ref]);
  });

  it.each([[""], [[]], [{}], [new Map([["a", "b"]])]])("toContextRefs(%j) is an error", async (context) => {
    await expect(toContextRefs(context, memoryStore())).rejects.toMatchObject({ code: "bad-input" });
  });
});
