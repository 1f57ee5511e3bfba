import type { Child } from "../../confined/child-process.ts";
import { BadFrame } from "../../confined/bad-frame.ts";
import { SandboxError } from "../../errors.ts";
import type { SessionOptions } from "../../sandbox.ts";
import { fitsLatin1 } from "./send-text.ts";
import { encodeFrame } from "./wire.ts";

/** The libraries of a session's kits, for one process. They are megabytes, and most sessions use none of them. */
export interface Libraries {
  /** What all of them take of the process's memory. */
  heldMb: number;
  /** Sends the one that the process asks for. Throws {@link BadFrame} for one of no kit of the session, or that it was given already. */
  give(child: Child, hash: unknown): void;
}

/** Throws {@link SandboxError} where the text of one is missing. */
export function librariesOf({ kits, libraries }: Pick<SessionOptions, "kits" | "libraries">): Libraries {
  // Each kit loads its own, also where two have the same.
  const left: { hash: string; text: string }[] = [];
  for (const kit of kits) {
    for (const [name, hash] of Object.entries(kit.libraries ?? {})) {
      const text = libraries?.get(hash);
      if (text === undefined)
        throw new SandboxError(
          `Cannot open a session: library "${name}" of kit "${kit.name}" is not here (SHA-256 ${hash.slice(0, 12)}…); give the kit that the run had`,
        );
      left.push({ hash, text });
    }
  }

  return {
    heldMb: left.reduce(
      (sum, { text }) => sum + (text.length * (fitsLatin1(text) ? copies : 2 * copies)) / 1_000_000,
      0,
    ),
    give(child, hash) {
      const at = left.findIndex((each) => each.hash === hash);
      const [found] = at < 0 ? [] : left.splice(at, 1);
      if (found === undefined) throw new BadFrame("a wish for a library that it has or may not have");
      const { text } = found;
      const { length } = text;
      const wide = !fitsLatin1(text);
      void child.send(encodeFrame({ type: "library", length }));
      void child.send(encodeFrame({ type: "piece", length, wide }));
      void child.send(Buffer.from(text, wide ? "utf16le" : "latin1"));
    },
  };
}

// A text is there twice while it is handed on.
const copies = 2;
