/** One writer a key at a time: see {@link appendQueue}. */
export interface AppendQueue {
  append(key: string, line: string): Promise<void>;
  /** Does something to a log behind all appends before it. */
  after(key: string, act: () => Promise<void>): Promise<void>;
}

/** Keeps the order of appends to a key over connections that have none: what comes while a write is under way goes together in the next. */
export function appendQueue(write: (key: string, lines: string[]) => Promise<void>): AppendQueue {
  const tails = new Map<string, Promise<void>>();
  const waiting = new Map<string, { lines: string[]; length: number; written: Promise<void> }>();

  async function append(key: string, line: string): Promise<void> {
    let batch = waiting.get(key);
    if (batch === undefined || batch.length + line.length > maxBatchLength) {
      const lines: string[] = [];
      const written = after(key, async () => {
        if (waiting.get(key)?.lines === lines) waiting.delete(key);
        await write(key, lines);
      });
      batch = { lines, length: 0, written };
      waiting.set(key, batch);
    }
    batch.lines.push(line);
    batch.length += line.length;
    await batch.written;
  }

  async function after(key: string, act: () => Promise<void>): Promise<void> {
    // An append after this one does not go into a batch before it.
    waiting.delete(key);
    const done = (tails.get(key) ?? Promise.resolve()).then(act);
    // One that failed does not hold up the next.
    const tail = done.catch(() => {});
    tails.set(key, tail);
    await done.finally(() => tails.get(key) === tail && tails.delete(key));
  }

  return { append, after };
}

const maxBatchLength = 1_000_000;
