/** Gives the vectors of texts in their order, as base64 of float32. */
export type EmbedTool = (args: { texts: string[] }) => Promise<unknown>;

const batch = 64;

/** Gives unit vectors of texts; `argumentChars`: what the JSON of one call's arguments may have. */
export type Vectors = (texts: readonly string[], embed: EmbedTool, argumentChars: number) => Promise<Float32Array[]>;

/** Embeds each text once, at most 64 in one call; the vectors are of length 1. */
export function createVectors(): Vectors {
  const known = new Map<string, Float32Array>();
  let last: Promise<unknown> = Promise.resolve();
  const embedAll = async (...[texts, embed, argumentChars]: Parameters<Vectors>): Promise<Float32Array[]> => {
    const missing = [...new Set(texts)].filter((text) => !known.has(text));
    for (const part of batches(missing, argumentChars)) {
      const vectors = (await embed({ texts: part })) as string[];
      part.forEach((text, index) => known.set(text, unit(decode(vectors[index] ?? ""))));
    }
    return texts.map((text) => known.get(text) ?? new Float32Array());
  };
  return (...given) => {
    // One after the other, so that two searches at once embed nothing twice.
    const mine = last.then(() => embedAll(...given));
    last = mine.catch(() => undefined);
    return mine;
  };
}

function batches(texts: readonly string[], argumentChars: number): string[][] {
  const found: string[][] = [];
  let chars = 0;
  for (const text of texts) {
    const { length } = JSON.stringify(text);
    const part = found.at(-1);
    // One more for the comma.
    if (part !== undefined && part.length < batch && chars + 1 + length <= argumentChars) {
      part.push(text);
      chars += 1 + length;
    } else {
      found.push([text]);
      chars = '{"texts":[]}'.length + length;
    }
  }
  return found;
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
