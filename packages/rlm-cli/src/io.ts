import type { TreeStream } from "./live-tree.ts";
import type { OpenModel } from "./ask/open-model.ts";
import { openTerminal, type Terminal } from "./review/terminal.ts";

/** The world as a command sees it: a process's own, or a test's. */
export interface Io {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: TreeStream;
  stderr: TreeStream;
  env: Readonly<Record<string, string | undefined>>;
  /** Relative paths stand on it. */
  cwd: string;
  /** Where SIGINT, SIGTERM and SIGHUP come from. */
  signals: Pick<NodeJS.EventEmitter, "on" | "off">;
  /** Ends everything at once: the second Ctrl-C. */
  exit(code: number): void;
  /** Makes a model of its name. @default openModel */
  openModel?: OpenModel;
  /** Where a person can be asked; undefined where nobody can. @default nobody */
  openTerminal?(): Terminal | undefined;
}

/** The streams, variables and signals of this process. */
export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  return {
    stdin,
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    signals: process,
    exit: (code) => process.exit(code),
    openTerminal,
  };
}
