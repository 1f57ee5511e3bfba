import type { SyncPipe } from "./sync-pipe.ts";

/** A text from the parent: `piece` frames until there are `length` characters. */
export function receiveText(pipe: SyncPipe, length: number): string {
  let wide = false;
  let bytes: Buffer<ArrayBuffer> = Buffer.alloc(0);
  for (let filled = 0; filled < length;) {
    const frame = pipe.read();
    if (frame?.type !== "piece") throw new Error(`Cannot read a text: got ${frame?.type ?? "an end"} within it`);
    if (filled === 0) bytes = Buffer.allocUnsafeSlow(frame.wide ? 2 * length : length);
    else if (frame.wide && !wide) bytes = widened(bytes, filled, length);
    wide ||= frame.wide;
    const size = wide ? 2 : 1;
    pipe.readInto(bytes.subarray(filled * size, (filled + frame.length) * size));
    filled += frame.length;
  }
  const text = bytes.toString(wide ? "utf16le" : "latin1");
  free(bytes);
  return text;
}

/** The first `filled` characters with two bytes each, and room for all. */
function widened(narrow: Buffer<ArrayBuffer>, filled: number, length: number): Buffer<ArrayBuffer> {
  const wide = Buffer.allocUnsafeSlow(2 * length);
  new Uint16Array(wide.buffer, wide.byteOffset, filled).set(narrow.subarray(0, filled));
  free(narrow);
  return wide;
}

// Now, not when the collector next looks: a context may be most of the memory there is.
function free(bytes: Buffer<ArrayBuffer>): void {
  if (bytes.length > 0) bytes.buffer.transfer(0);
}
