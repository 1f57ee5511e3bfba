import type { DocumentInterface } from "@langchain/core/documents";
import { InputError } from "rlm-core";

/** What LangChain's document loaders have. */
export interface DocumentLoaderLike {
  load(): Promise<DocumentInterface[]>;
}

export interface LoadedDocuments {
  /** To be given to a run: texts by name. */
  context: Record<string, string>;
  /** What the loader says of each; `name` is its key in the context. */
  documents: readonly { name: string; metadata: Record<string, unknown> }[];
}

/**
 * Reads what a document loader of LangChain gives into a context: an object of texts by name, so that a citation says which
 * document it is of. A name is the document's `metadata.source`, with its page (`report.pdf#page=3`) or lines (`notes.md#L10-L24`)
 * where `metadata.loc` has them, and a number where two would be the same; without a source it is `document_1`. The loader runs in this
 * process, and is as safe as it is itself; `load()` of rlm-tools/loaders confines its parsers. To show the code all metadata,
 * give the documents themselves as the context. Throws InputError where the loader fails or gives no text, or the signal's reason.
 */
export async function fromDocumentLoader(
  loader: DocumentLoaderLike,
  { signal }: { signal?: AbortSignal } = {},
): Promise<LoadedDocuments> {
  signal?.throwIfAborted();
  const loaded = await untilAborted(loader.load(), signal).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new InputError(`Cannot load the context: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  });
  const context = new Map<string, string>();
  const documents: { name: string; metadata: Record<string, unknown> }[] = [];
  for (const [index, document] of loaded.entries()) {
    if (typeof document?.pageContent !== "string")
      throw new InputError(`Cannot load the context: item ${index} of the loader is no document`);
    const { pageContent, metadata } = document;
    const name = unique(nameOf(metadata, index), context);
    context.set(name, pageContent);
    documents.push({ name, metadata });
  }
  if (![...context.values()].some((text) => /\S/.test(text)))
    throw new InputError(`Cannot load the context: none of the loader's ${loaded.length} documents has a text in it`);
  return { context: Object.fromEntries(context), documents };
}

function nameOf({ source, loc }: Record<string, unknown>, index: number): string {
  if (typeof source !== "string" || source === "") return `document_${index + 1}`;
  const { pageNumber, lines } = (loc ?? {}) as { pageNumber?: unknown; lines?: { from?: unknown; to?: unknown } };
  const page = typeof pageNumber === "number" ? `#page=${pageNumber}` : "";
  const { from, to } = lines ?? {};
  const place = typeof from === "number" && typeof to === "number" ? `${page === "" ? "#" : "&"}L${from}-L${to}` : "";
  return `${source}${page}${place}`;
}

function unique(name: string, taken: ReadonlyMap<string, string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) if (!taken.has(`${name} (${number})`)) return `${name} (${number})`;
}

/** The loader itself hears of no signal. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
