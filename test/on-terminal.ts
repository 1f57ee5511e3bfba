import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { sourceFlags } from "./start-program.ts";

const home = resolve(import.meta.dirname, "..");

/** Whether a program can be run on a terminal of its own here: util-linux has what makes one. */
export const hasTerminals = spawnSync("script", ["-qec", "true", "/dev/null"], { stdio: "ignore" }).status === 0;

export interface OnTerminal {
  /** All that the terminal was shown, without its escape sequences. */
  shown(): string;
  /** Resolves as soon as it is shown, from `after` characters on; rejects if the program ends before. Gives how much is shown by then. */
  until(words: RegExp, after?: number): Promise<number>;
  /** As somebody at the keyboard: "\n" is Enter, "\u0003" is Ctrl-C, "\u0004" is Ctrl-D. */
  type(keys: string): void;
  ended: Promise<number | null>;
}

/** `rlm` on a terminal of its own, of 100 columns, from the sources; `stdin`: what it reads instead, as a shell takes it. */
export function onTerminal(
  args: readonly string[],
  { cwd = home, env = {}, stdin }: { cwd?: string; env?: Record<string, string>; stdin?: string } = {},
): OnTerminal {
  const program = [
    process.execPath,
    ...sourceFlags,
    "--no-node-snapshot",
    resolve(home, "packages/rlm-cli/bin/rlm.js"),
  ];
  const command = [...program, ...args].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
  // The shell becomes the program, so that its exit code is that, and Ctrl-C comes to nobody else.
  const line = `stty cols 100 rows 40; exec ${command}${stdin === undefined ? "" : ` < ${stdin}`}`;
  const child = spawn("script", ["-qec", line, "/dev/null"], {
    cwd,
    env: { ...process.env, VISUAL: "", EDITOR: "", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  const looking = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    for (const look of looking) look();
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  const shown = (): string => stripVTControlCharacters(text).replaceAll("\r\n", "\n");
  return {
    shown,
    ended,
    type: (keys) => void child.stdin.write(keys),
    async until(words, after = 0) {
      const { promise, resolve: seen } = Promise.withResolvers<void>();
      const look = (): void => {
        if (words.test(shown().slice(after))) seen();
      };
      looking.add(look);
      look();
      const early = ended.then((code) =>
        Promise.reject(new Error(`Ended with ${code} before ${String(words)}:\n${shown()}`)),
      );
      early.catch(() => {});
      await Promise.race([promise, early]).finally(() => looking.delete(look));
      return shown().length;
    },
  };
}
