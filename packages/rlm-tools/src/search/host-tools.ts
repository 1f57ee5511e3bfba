import type { Tool } from "rlm-core";

/** Gives a vector for each text, in their order, all of one length. */
export type Embed = (texts: string[], options: { signal: AbortSignal }) => Promise<number[][]>;

/** Finds documents of a vector store, best first. */
export type SearchStore = (query: string, options: { max: number; signal: AbortSignal }) => Promise<StoredHit[]>;

export interface StoredHit {
  text: string;
  score: number;
  metadata?: Record<string, unknown>;
}

/** The host tool by which the kit's code embeds; the vectors travel as base64 of float32. */
export function embedTool(embed: Embed): Tool {
  return {
    name: "embed",
    description: "Vectors of texts.",
    parameters: {
      type: "object",
      properties: { texts: { type: "array", items: { type: "string" } } },
      required: ["texts"],
    },
    maxCalls: 1_000,
    maxResultChars: 8_000_000,
    run: async ({ texts }, { signal }) => {
      const vectors = await embed(texts as string[], { signal });
      const [first] = vectors;
      const whole = vectors.every((vector) => vector.length === first?.length && vector.every(Number.isFinite));
      if (vectors.length !== (texts as string[]).length || first?.length === 0 || !whole)
        throw new TypeError(
          "Cannot use the vectors of embed: expected one for each text, all of one length, of finite numbers",
        );
      return vectors.map(base64Of);
    },
  };
}

/** The host tool by which the kit's code asks a vector store. */
export function storeTool(store: SearchStore): Tool {
  return {
    name: "store",
    description: "Documents of a vector store.",
    parameters: {
      type: "object",
      properties: { query: { type: "string" }, max: { type: "integer", minimum: 1 } },
      required: ["query", "max"],
    },
    run: ({ query, max }, { signal }) => store(query as string, { max: max as number, signal }),
  };
}

function base64Of(vector: number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, at) => bytes.writeFloatLE(Math.fround(value), at * 4));
  return bytes.toString("base64");
}
