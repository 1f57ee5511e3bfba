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
 * where `metadata.loc` or `metadata.line` has them, and a number where two would be the same; without a source it is `document_1`. The loader runs in this
 * process, and is as safe as it is itself; `load()` of rlm-tools/loaders confines its parsers. To show the code all metadata,
 * give the documents themselves as the context. Throws InputError where the loader fails or gives no text, or the signal's reason.
 */
export async function fromDocumentLoader(
  loader: DocumentLoaderLike,
  { signal }: { signal?: AbortSignal } = {},
): Promise<LoadedDocuments> {
  signal?.throwIfAborted();
  const loaded: unknown = await untilAborted(outcome(loader), signal).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new InputError(`Cannot load the context: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  });
  if (!Array.isArray(loaded)) throw new InputError("Cannot load the context: the loader gave no array of documents");
  const context = new Map<string, string>();
  const names = uniqueNames();
  const documents = loaded.map((document: Partial<DocumentInterface> | undefined, index) => {
    const { pageContent, metadata = {} } = document ?? {};
    if (typeof pageContent !== "string")
      throw new InputError(`Cannot load the context: item ${index} of the loader is no document`);
    const name = names(nameOf(metadata, index));
    context.set(name, pageContent);
    return { name, metadata };
  });
  if (![...context.values()].some((text) => /\S/.test(text)))
    throw new InputError(`Cannot load the context: none of the loader's ${loaded.length} documents has a text in it`);
  return { context: Object.fromEntries(context), documents };
}

function nameOf({ source, loc, line }: Record<string, unknown>, index: number): string {
  if (typeof source !== "string" || source === "") return `document_${index + 1}`;
  const { pageNumber, lines } = (loc ?? {}) as { pageNumber?: unknown; lines?: { from?: unknown; to?: unknown } };
  const { from, to } = lines ?? {};
  const places = [
    ...(typeof pageNumber === "number" ? [`page=${pageNumber}`] : []),
    ...(typeof from === "number" && typeof to === "number" ? [`L${from}-L${to}`] : []),
    ...(typeof line === "number" ? [`L${line}`] : []),
  ];
  return `${source}${places.length === 0 ? "" : "#"}${places.join("&")}`;
}

/** Numbers a name that was given before. */
function uniqueNames(): (name: string) => string {
  const taken = new Set<string>();
  const next = new Map<string, number>();
  return (name) => {
    let free = name;
    for (let number = next.get(name) ?? 2; taken.has(free); number += 1) {
      free = `${name} (${number})`;
      next.set(name, number + 1);
    }
    taken.add(free);
    return free;
  };
}

/** Also of a loader that throws at once. */
async function outcome(loader: DocumentLoaderLike): Promise<unknown> {
  return await loader.load();
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
