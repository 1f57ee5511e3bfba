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

/** Holds them in memory as long as they are short together, else writes them to a new file. A short object stays one, for the model is told how many keys it has. */
export function textSink(newFile: (name: string) => string): TextSink {
  const texts = new Map<string, string>();
  let held = 0;
  let sink: TextSink | undefined;
  return {
    async add(key, pieces) {
      if (sink !== undefined) return await sink.add(key, pieces);
      let text = "";
      let bytes = held;
      const left = pieces[Symbol.asyncIterator]();
      try {
        for (let next = await left.next(); next.done !== true; next = await left.next()) {
          text += next.value;
          bytes += Buffer.byteLength(next.value);
          if (bytes <= mostInMemory) continue;
          sink = await jsonSink(newFile("context.json"));
          for (const [earlier, whole] of texts) await sink.add(earlier, joined(whole));
          texts.clear();
          return await sink.add(key, joined(text, left));
        }
      } finally {
        await left.return?.();
      }
      held = bytes;
      texts.set(key, text);
    },
    value: async () => (sink === undefined ? Object.fromEntries(texts) : await sink.value()),
    close: async () => await sink?.close(),
  };
}

const mostInMemory = 4_000_000;

async function* joined(head: string, rest?: AsyncIterator<string>): AsyncGenerator<string> {
  yield head;
  if (rest === undefined) return;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** Writes them to an empty file as JSON, so that neither this program holds them nor one long step makes it wait. */
async function jsonSink(path: string): Promise<TextSink> {
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
