/** Gives the vectors of texts in their order, as base64 of float32. */
export type EmbedTool = (args: { texts: string[] }) => Promise<unknown>;

const batch = 64;

/** Embeds each text once, at most 64 in one call; the vectors are of length 1. */
export function createVectors(): (texts: readonly string[], embed: EmbedTool) => Promise<Float32Array[]> {
  const known = new Map<string, Float32Array>();
  let last: Promise<unknown> = Promise.resolve();
  const embedAll = async (texts: readonly string[], embed: EmbedTool): Promise<Float32Array[]> => {
    const missing = [...new Set(texts)].filter((text) => !known.has(text));
    for (let at = 0; at < missing.length; at += batch) {
      const part = missing.slice(at, at + batch);
      const vectors = (await embed({ texts: part })) as string[];
      part.forEach((text, index) => known.set(text, unit(decode(vectors[index] ?? ""))));
    }
    return texts.map((text) => known.get(text) ?? new Float32Array());
  };
  return (texts, embed) => {
    // One after the other, so that two searches at once embed nothing twice.
    const mine = last.then(() => embedAll(texts, embed));
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** The cosine of vectors of length 1. */
export function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return sum;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(cosine(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

// The isolate has no atob.
function decode(base64: string): Float32Array {
  const digits = base64.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let at = 0;
  for (let index = 0; index < digits.length; index++) {
    bits = ((bits << 6) | alphabet.indexOf(digits.charAt(index))) & 0xffffff;
    if (index % 4 !== 0) bytes[at++] = (bits >> (6 - 2 * (index % 4))) & 255;
  }
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
