import { BadFrame } from "./bad-frame.ts";

/** Cuts what a child sends into frames. Holds at most `maxBytes` of one; throws {@link BadFrame} where it is longer or no JSON. */
export function frameReader(maxBytes: number): (chunk: Buffer) => Generator {
  let chunks: Buffer[] = [];
  let held = 0;
  let needed = 4;

  return function* read(chunk) {
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
      yield parse(bytes.toString("utf8", 4, end));
    }
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new BadFrame("a frame that is not JSON", { cause });
  }
}
