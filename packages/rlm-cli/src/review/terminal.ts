import { closeSync, openSync } from "node:fs";
import { isatty, ReadStream } from "node:tty";

/** Where a person can be asked, beside stdin, which may be the context. */
export interface Terminal {
  input: NodeJS.ReadableStream;
  /** Three descriptors for a program that the person edits in. */
  stdio: [number, number, number];
  close(): void;
}

/** The terminal of this process; undefined where there is none, or nobody reads stderr, where the questions are. */
export function openTerminal(): Terminal | undefined {
  if (!process.stderr.isTTY) return undefined;
  const fd = openTty();
  if (fd === undefined) {
    // Windows has no such device.
    if (!process.stdin.isTTY) return undefined;
    return { input: process.stdin, stdio: [0, 2, 2], close: () => void process.stdin.pause() };
  }
  const input = new ReadStream(fd);
  return {
    input,
    stdio: [fd, fd, fd],
    close() {
      input.destroy();
    },
  };
}

function openTty(): number | undefined {
  try {
    const fd = openSync("/dev/tty", "r+");
    if (isatty(fd)) return fd;
    closeSync(fd);
  } catch {
    // There is none: a service, a job of cron.
  }
  return undefined;
}
