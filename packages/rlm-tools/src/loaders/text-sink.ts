import { open } from "node:fs/promises";
import { file } from "rlm-core";

/** Takes texts by key, a piece at a time, and makes one context of them: an object. */
export interface TextSink {
  /** If the pieces throw, nothing of this text stays. */
  add(key: string, pieces: AsyncIterable<string>): Promise<void>;
  /** To be called once, at the end. */
  value(): Promise<object>;
  /** Gives back what it holds, however it ended. */
  close(): Promise<void>;
}

/** Holds them in memory: for short ones. */
export function memorySink(): TextSink {
  const texts = new Map<string, string>();
  return {
    async add(key, pieces) {
      let text = "";
      for await (const piece of pieces) text += piece;
      texts.set(key, text);
    },
    value: async () => Object.fromEntries(texts),
    close: async () => {},
  };
}

/** Writes them to an empty file as JSON, so that neither this program holds them nor one long step makes it wait. */
export async function jsonSink(path: string): Promise<TextSink> {
  const handle = await open(path, "r+");
  let end = 0;
  const put = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length;) {
      const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, end);
      written += bytesWritten;
      end += bytesWritten;
    }
  };
  return {
    async add(key, pieces) {
      const start = end;
      try {
        await put(`${start === 0 ? "{" : ","}${JSON.stringify(key)}:"`);
        for await (const piece of pieces) await put(JSON.stringify(piece).slice(1, -1));
        await put('"');
      } catch (error) {
        end = start;
        throw error;
      }
    },
    async value() {
      await put(end === 0 ? "{}" : "}");
      // A text that was taken back may have been longer than what came after it.
      await handle.truncate(end);
      return file(path, { format: "json" });
    },
    close: async () => await handle.close(),
  };
}
