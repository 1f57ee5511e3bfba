import { createInterface } from "node:readline";

/**
 * The lines that a person types, up to one that `isLast` holds of; undefined where the input ends before. What is typed
 * behind it is dropped: it was not meant for a question that nobody had seen. Throws the signal's reason.
 */
export async function readLines(
  input: NodeJS.ReadableStream,
  isLast: (line: string) => boolean,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  signal.throwIfAborted();
  const lines: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string[] | undefined>();
  const stop = (): void => resolve(undefined);
  signal.addEventListener("abort", stop);
  // Not raw: so Ctrl-C is the signal that it always is.
  const reader = createInterface({ input, terminal: false });
  reader.once("close", stop);
  reader.on("line", (line) => {
    lines.push(line);
    if (isLast(line)) resolve(lines);
  });
  try {
    const read = await promise;
    signal.throwIfAborted();
    return read?.slice(0, read.findIndex(isLast) + 1);
  } finally {
    signal.removeEventListener("abort", stop);
    reader.close();
  }
}
