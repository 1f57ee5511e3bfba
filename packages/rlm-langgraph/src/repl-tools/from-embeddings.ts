import type { DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";

/** Embeddings of LangChain as the `embed` of `createSearch` of rlm-tools. It embeds queries as documents. */
export function fromEmbeddings(
  embeddings: Pick<EmbeddingsInterface, "embedDocuments">,
): (texts: string[], options: { signal: AbortSignal }) => Promise<number[][]> {
  return async (texts, { signal }) => {
    signal.throwIfAborted();
    return await embeddings.embedDocuments(texts);
  };
}

/** What LangChain's vector stores have: documents and their scores for a query. */
interface VectorStoreLike {
  similaritySearchWithScore(query: string, k: number): Promise<[DocumentInterface, number][]>;
}

/** A vector store of LangChain as the `store` of `createSearch` of rlm-tools. Scores are as the store says them. */
export function fromVectorStore(
  store: VectorStoreLike,
): (
  query: string,
  options: { max: number; signal: AbortSignal },
) => Promise<{ text: string; score: number; metadata: Record<string, unknown> }[]> {
  return async (query, { max, signal }) => {
    signal.throwIfAborted();
    const found = await store.similaritySearchWithScore(query, max);
    return found.map(([{ pageContent, metadata }, score]) => ({ text: pageContent, score, metadata }));
  };
}
