import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { BadFrame } from "./bad-frame.ts";
import { ChildLost, type LossKind } from "./child-lost.ts";
import { frameReader } from "./frame-reader.ts";
import { expectType } from "./guards.ts";
import { killAtExit } from "./kill-at-exit.ts";
import { watch, type Bounds } from "./watch.ts";

/** One process of the sandbox, as its parent holds it. Nothing that it does rejects anything but the exchange it is in. */
export interface Child {
  readonly pid: number;
  /** What the kernel lets it have; see `--data` of prlimit. */
  readonly dataMb: number;
  readonly alive: boolean;
  /** Waits until it has loaded all that a session needs. Rejects with {@link ChildLost}. */
  ready(): Promise<void>;
  /** Resolves when it is gone. */
  readonly exited: Promise<void>;
  /** Resolves when the pipe has taken the bytes, or will take no more. */
  send(bytes: Buffer): Promise<void>;
  /** Puts every frame that comes to `accept` until that gives an answer. Rejects with {@link ChildLost}; one at a time. */
  exchange<T extends object>(accept: (frame: unknown) => T | undefined, bounds: Bounds): Promise<T>;
  kill(): Promise<void>;
}

export interface ChildOptions {
  dataMb: number;
  /** Open files that it inherits. */
  fds: readonly number[];
  /** Whether it has a process group of its own: a signal to its group is no signal to this program. */
  detached: boolean;
  /** Called once it has loaded all that it needs, before it gets anything to do. */
  seal(pid: number): Promise<void>;
}

/** Starts a process that speaks frames on its file descriptor 3 and has `fds` open from 4 on. It keeps this program alive only while somebody waits for it. */
export function startChild(command: string[], options: ChildOptions): Child {
  const spawned = trySpawn(command, options);
  // Some failures Node throws, others it tells later; there may be no streams then.
  if (spawned instanceof Error || spawned.pid === undefined) return neverStarted(spawned, options.dataMb);
  return startedChild(spawned, spawned.pid, options);
}

function startedChild(spawned: ChildProcess, pid: number, { dataMb, seal }: ChildOptions): Child {
  killAtExit(spawned);
  const pipe = spawned.stdio[3] as Socket;
  const frames = frameReader(maxFrameBytes);
  let current: { take(frame: unknown): void; lose(lost: ChildLost): void; count(bytes: number): void } | undefined;
  let alive = true;
  let said = "";
  keepAlive(false);

  const exited = new Promise<void>((resolve) => {
    spawned.once("exit", () => {
      alive = false;
    });
    // Not at its exit: where it has forked, the process that holds the pipe ends just after it.
    spawned.once("close", () => resolve());
  });
  // A signal that could not be sent: it is gone, and its exit tells so.
  spawned.on("error", () => {});
  // "close" comes after all that it said was read.
  spawned.once("close", (code, signal) => {
    const how = signal !== "SIGKILL" && outOfMemory.test(said) ? "memory" : "exit";
    current?.lose(
      new ChildLost(how, `it ended with ${signal ?? `exit code ${code}`}${said === "" ? "" : `: ${said.trim()}`}`),
    );
  });
  spawned.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk.slice(0, maxSaid - said.length);
  });
  // A write to a process that is gone; its exit tells the rest.
  pipe.on("error", () => {});
  pipe.on("data", (chunk: Buffer) => {
    try {
      current?.count(chunk.length);
      for (const frame of frames.read(chunk)) {
        if (current === undefined) throw new BadFrame("a frame that nobody asked for");
        current.take(frame);
      }
      // No exchange counts these bytes.
      if (current === undefined && frames.held() > 0) throw new BadFrame("bytes that nobody asked for");
    } catch (error) {
      lose("bad-frame", error instanceof Error ? error.message : String(error));
    }
  });

  function lose(how: LossKind, message: string): void {
    const lost = current;
    void kill();
    lost?.lose(new ChildLost(how, message));
  }

  function kill(): Promise<void> {
    alive = false;
    spawned.kill("SIGKILL");
    // What it has just forked may outlive it, and ends where its pipe does.
    pipe.destroy();
    if (spawned.exitCode === null && spawned.signalCode === null) keepAlive(true);
    return exited;
  }

  function keepAlive(yes: boolean): void {
    for (const handle of [spawned, pipe, spawned.stderr as Socket | null]) yes ? handle?.ref() : handle?.unref();
  }

  function exchange<T extends object>(accept: (frame: unknown) => T | undefined, bounds: Bounds): Promise<T> {
    if (current !== undefined) throw new TypeError("Cannot begin an exchange: another one is running");
    if (!alive) return Promise.reject(new ChildLost("exit", said === "" ? "it is gone" : said.trim()));
    if (bounds.background !== true) keepAlive(true);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const stopWatch = watch(pid, bounds, lose);
    const end = (): void => {
      current = undefined;
      stopWatch();
      if (alive) keepAlive(false);
    };
    let bytes = 0;
    current = {
      take(frame) {
        const answer = accept(frame);
        if (answer === undefined) return;
        end();
        resolve(answer);
      },
      lose(lost) {
        end();
        reject(lost);
      },
      count(more) {
        bytes += more;
        if (bytes > bounds.maxBytes) throw new BadFrame(`more than ${bounds.maxBytes} bytes`);
      },
    };
    return promise;
  }

  const booted = exchange((frame) => expectType(frame, "ready"), { wallMs: bootMs, maxBytes: 1_000, background: true });
  const sealed = booted.then(async () => {
    await seal(pid).catch((cause: unknown) => {
      throw new ChildLost("exit", `it could not be confined: ${String(cause)}`, { cause });
    });
  });
  // Whoever needs the process asks by ready(); until then its failure is nobody's.
  sealed.catch(() => kill());

  return {
    pid,
    dataMb,
    get alive() {
      return alive;
    },
    async ready() {
      if (current !== undefined) keepAlive(true);
      await sealed;
    },
    exited,
    send: (bytes) => new Promise((resolve) => pipe.write(bytes, () => resolve())),
    exchange,
    kill,
  };
}

function trySpawn([program = "", ...args]: string[], { fds, detached }: ChildOptions): ChildProcess | Error {
  try {
    return spawn(program, args, {
      env: emptyEnvironment(),
      stdio: ["ignore", "ignore", "pipe", "pipe", ...fds],
      windowsHide: true,
      detached,
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Stands for a process that the system did not start, for want of descriptors, processes or the program: whoever needs it hears why. */
function neverStarted(failure: ChildProcess | Error, dataMb: number): Child {
  const cause = failure instanceof Error ? Promise.resolve(failure) : errorOf(failure);
  const reject = async (): Promise<never> => {
    const { message } = await cause;
    throw new ChildLost("exit", `it could not be started: ${message}`, { cause: await cause });
  };
  return {
    pid: 0,
    dataMb,
    alive: false,
    ready: reject,
    exited: cause.then(() => {}),
    send: async () => {},
    exchange: reject,
    kill: async () => {},
  };
}

/** Comes by an event, and has to be taken: it would end the program. */
function errorOf(failed: ChildProcess): Promise<Error> {
  return new Promise((resolve) => failed.on("error", resolve));
}

const bootMs = 30_000;
const maxFrameBytes = 400_000_000;
// Enough for the reason at the head of a crash report.
const maxSaid = 4_000;
const outOfMemory =
  /out of memory|is_heap_oom|invalid (array |string |table )?(size|length) error|allocation failed|bad_alloc/i;

// Nothing of the parent's environment: it is where secrets are. Time zone and locale are part of what a replay depends on.
function emptyEnvironment(): NodeJS.ProcessEnv {
  const systemRoot = process.env["SystemRoot"];
  return {
    TZ: "UTC",
    LC_ALL: "C",
    ...(process.platform === "win32" && systemRoot !== undefined && { SystemRoot: systemRoot }),
  };
}
