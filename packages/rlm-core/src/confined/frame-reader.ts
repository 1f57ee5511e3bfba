import { BadFrame } from "./bad-frame.ts";

export interface FrameReader {
  /** The frames that are complete with these bytes. Throws {@link BadFrame} where one is too long, no JSON, or too much of it. */
  read(chunk: Buffer): Generator;
  /** Bytes of a frame that is not complete. */
  held(): number;
}

/** Cuts what a child sends into frames. Holds at most `maxBytes` of one. */
export function frameReader(maxBytes: number): FrameReader {
  let chunks: Buffer[] = [];
  let held = 0;
  let needed = 4;

  return {
    held: () => held,
    *read(chunk) {
      chunks.push(chunk);
      held += chunk.length;
      while (held >= needed) {
        // Joined once a frame, not once a chunk, so that a long frame costs one copy.
        const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
        const end = 4 + bytes.readUInt32LE(0);
        if (end - 4 > maxBytes) throw new BadFrame(`a frame of ${end - 4} bytes, at most ${maxBytes} are allowed`);
        chunks = [bytes];
        needed = end;
        if (held < end) return;
        chunks = [bytes.subarray(end)];
        held -= end;
        needed = 4;
        yield parse(bytes.subarray(4, end));
      }
    },
  };
}

function parse(json: Buffer): unknown {
  if (json.length > maxBytesOutside && bytesOutsideStrings(json) > maxBytesOutside)
    throw new BadFrame("a frame with more parts than any has");
  try {
    return JSON.parse(json.toString("utf8"));
  } catch (cause) {
    throw new BadFrame("a frame that is not JSON", { cause });
  }
}

// What is long in a frame is texts. Of each byte beside them a parser makes up to twenty of heap, and a collector
// that walks them takes minutes: 360 MB of brackets end this program (measured).
const maxBytesOutside = 1_000_000;

/** Counts no further than it has to. */
function bytesOutsideStrings(json: Buffer): number {
  let outside = 0;
  let inString = false;
  for (let at = 0; at < json.length && outside <= maxBytesOutside; at++) {
    const byte = json[at];
    if (byte === quote) {
      inString = !inString;
      outside++;
    } else if (!inString) outside++;
    else if (byte === backslash) at++;
  }
  return outside;
}

const quote = 0x22;
const backslash = 0x5c;
