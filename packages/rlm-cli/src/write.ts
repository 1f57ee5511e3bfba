/** Writes a text and waits until it is out. A reader that is gone (`| head -1`) has what it wanted; other errors are thrown. */
export async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (text === "") return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.write(text, (error) => (error ? reject(error) : resolve()));
  try {
    await promise;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
}
