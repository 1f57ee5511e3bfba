import type { Realm } from "./realm.ts";

/** What a block prints, bounded where it is made: the beginning, the end, and a count of everything. */
export interface Printed {
  write: (text: string) => void;
  /** Characters written since the last `take`. */
  chars: () => number;
  /** Hands the text over and begins anew. */
  take: (deliver: (text: string, chars: number) => void) => void;
}

/** `limit`: characters kept, half of them from the beginning. */
export function createPrinted(realm: Realm, limit: number): Printed {
  const { slice, wellFormed, count, floor } = realm;
  const headSize = limit - floor(limit / 2);
  const tailSize = limit - headSize;
  let head = "";
  let tail = "";
  let chars = 0;
  return {
    write: (text) => {
      chars += text.length;
      const room = headSize - head.length;
      let rest = text;
      if (room > 0) {
        head += slice(text, 0, room);
        if (text.length <= room) return;
        rest = slice(text, room);
      }
      tail += rest.length > tailSize ? slice(rest, -tailSize) : rest;
      if (tail.length > 2 * tailSize) tail = slice(tail, -tailSize);
    },
    chars: () => chars,
    take: (deliver) => {
      const end = tail.length > tailSize ? slice(tail, -tailSize) : tail;
      const dropped = chars - head.length - end.length;
      const text = dropped > 0 ? `${head}\n[… ${count(dropped)} characters left out …]\n${end}` : head + end;
      const all = chars;
      head = tail = "";
      chars = 0;
      deliver(wellFormed(text), all);
    },
  };
}
