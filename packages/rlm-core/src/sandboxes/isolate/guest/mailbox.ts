import type { CallKind, ContextKind, GuestHost } from "./host.ts";
import type { Realm } from "./realm.ts";

export interface Call {
  kind: CallKind;
  prompt: string;
  name: string;
  context: string;
  contextKind: ContextKind;
  /** JSON or "". */
  options: string;
}

/** One of the two is called, once, by an entry of its own. `code`: what kind of error it is; "" in journals of old. */
export interface Settled {
  value(value: unknown): void;
  failure(message: string, code: string): void;
}

/** Calls on their way; only here does anything leave the isolate or come in. */
export interface Mailbox {
  /** Throws RangeError, at the line that called `above`, where so many more are not allowed. */
  reserve: (calls: number, characters: number, above: Function) => void;
  post: (call: Call, settled: Settled) => void;
  settle: (id: number, ok: number, text: string, json: number) => void;
  pending: () => number;
  /** Calls made in all. */
  made: () => number;
  /** Forgets every call that is not settled. */
  abandon: () => void;
}

/** `closed`: throws once the block has given its answer. */
export function createMailbox(realm: Realm, host: GuestHost, closed: () => void): Mailbox {
  const { mapGet, mapSet, mapDelete, mapSize, count, dataOf, errorAt, parse } = realm;
  const maxCalls = 10_000;
  const maxCharacters = 64_000_000;
  let waiting = new realm.Map<number, { settled: Settled; characters: number }>();
  let last = 0;
  let flying = 0;

  const partOf = (failure: unknown, key: string): string => {
    const part = typeof failure === "object" && failure !== null ? dataOf(failure, key) : "";
    return typeof part === "string" ? part : "";
  };

  return {
    reserve: (calls, characters, above) => {
      closed();
      if (mapSize(waiting) + calls > maxCalls) {
        throw errorAt(
          realm.RangeError,
          `Cannot make ${count(calls)} more calls: at most ${count(maxCalls)} may be under way; await some of them first`,
          above,
        );
      }
      if (flying + characters > maxCharacters) {
        throw errorAt(
          realm.RangeError,
          `Cannot send ${count(characters)} more characters: at most ${count(maxCharacters)} may be under way; await some calls first`,
          above,
        );
      }
    },
    post: (call, settled) => {
      // Never used again, also if the call fails to leave.
      const id = ++last;
      const characters = call.prompt.length + call.context.length;
      mapSet(waiting, id, { settled, characters });
      try {
        host.post(id, call.kind, call.prompt, call.name, call.context, call.contextKind, call.options);
      } catch (error) {
        // The stack may end in the middle of this.
        mapDelete(waiting, id);
        throw error;
      }
      flying += characters;
    },
    settle: (id, ok, text, json) => {
      const entry = mapGet(waiting, id);
      if (entry === undefined) return;
      mapDelete(waiting, id);
      flying -= entry.characters;
      let value: unknown = text;
      if (json !== 0) {
        try {
          value = parse(text);
        } catch {
          return entry.settled.failure("The result is not the JSON that it should be", "");
        }
      }
      if (ok !== 0) return entry.settled.value(value);
      const message = partOf(value, "message");
      entry.settled.failure(message === "" ? text : message, partOf(value, "code"));
    },
    pending: () => mapSize(waiting),
    made: () => last,
    abandon: () => {
      waiting = new realm.Map();
      flying = 0;
    },
  };
}
