import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ChatMessage } from "rlm-core";
import { keyOf, replyTo } from "./job.ts";

/** A model behind a port that outlives the programs that ask it, and counts what each of them asked. */
export interface CountingServer extends AsyncDisposable {
  readonly url: string;
  /** Every request that came, by its key, in order. */
  readonly asked: readonly string[];
  /** Resolves as soon as so many things have happened in all: a request came, a reply was sent. */
  happened(count: number): Promise<void>;
  readonly happenings: number;
}

export async function countingServer(): Promise<CountingServer> {
  const asked: string[] = [];
  const waiting = new Set<() => void>();
  let happenings = 0;
  const happen = (): void => {
    happenings++;
    for (const look of waiting) look();
  };
  const server = createServer((incoming, response) => {
    text(incoming)
      .then((body) => {
        const messages = JSON.parse(body) as ChatMessage[];
        asked.push(keyOf(messages));
        happen();
        // In the next round of the event loop, so that requests that came together are in flight together.
        setImmediate(() => response.end(replyTo(messages), happen));
      })
      // A client that was killed in the middle of its request has asked nothing.
      .catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    get happenings() {
      return happenings;
    },
    async happened(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (happenings >= count) resolve();
      };
      waiting.add(look);
      look();
      await promise.finally(() => waiting.delete(look));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
