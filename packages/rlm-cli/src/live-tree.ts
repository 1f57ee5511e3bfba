import { createLogUpdate } from "log-update";
import { createColors } from "picocolors";
import type { Emit } from "rlm-core";
import { drawTree } from "./live-tree/draw-tree.ts";
import { eventLines } from "./live-tree/event-lines.ts";
import { createRunTree } from "./live-tree/run-tree.ts";

/** What the tree is written to: `process.stderr`, `process.stdout`, or a stream of a test. */
export type TreeStream = NodeJS.WritableStream & { columns?: number; rows?: number; isTTY?: boolean };

export interface LiveTreeOptions {
  /** @default process.stderr */
  stream?: TreeStream;
  /** Whether to redraw a tree; else plain lines are written. @default stream.isTTY */
  isTTY?: boolean;
  /** Milliseconds. @default Date.now */
  now?: () => number;
}

export interface LiveTree {
  onEvent: Emit;
  /** Writes nothing until `resume`, so that a person can be asked something. */
  pause(): void;
  resume(): void;
  /** Writes how it ended, and nothing from then on. */
  stop(): void;
}

/**
 * Shows a run as it happens: on a terminal a tree that is redrawn at most 10 times a second, else a line a turn, block,
 * batch of sub-calls and end. Texts of models and contexts are printed without control characters. Colours unless NO_COLOR is set.
 */
export function liveTree({
  stream = process.stderr,
  isTTY = stream.isTTY === true,
  now = Date.now,
}: LiveTreeOptions = {}): LiveTree {
  return isTTY ? redrawnTree(stream, now) : plainLines(stream, now);
}

const frameMs = 100;

function redrawnTree(stream: TreeStream, now: () => number): LiveTree {
  const { tree, add } = createRunTree();
  const startedAt = now();
  const colors = createColors((process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb");
  // The cursor stays: hiding it would need hooks into the process's end to bring it back.
  const log = createLogUpdate(stream, { showCursor: true });
  const draw = (maxChildren: number): string =>
    drawTree(tree, { elapsedMs: now() - startedAt, width: stream.columns ?? 80, colors, maxChildren });
  // By the clock, not by events: the elapsed time moves too. Unreferenced, so that it holds no process open.
  const start = (): NodeJS.Timeout => setInterval(() => log(draw(5)), frameMs).unref();
  let timer: NodeJS.Timeout | undefined = start();
  let stopped = false;
  return {
    onEvent(event) {
      if (!stopped) add(event);
    },
    pause() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      log.clear();
    },
    resume() {
      if (!stopped) timer ??= start();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      // The last frame is written as lines: a redrawn one would lose what is higher than the terminal.
      log.clear();
      stream.write(`${draw(20)}\n`);
    },
  };
}

function plainLines(stream: TreeStream, now: () => number): LiveTree {
  const { tree, add } = createRunTree();
  const startedAt = now();
  let stopped = false;
  /** What came while it was paused. */
  let held: string[] | undefined;
  const write = (lines: readonly string[]): void => {
    if (lines.length > 0) stream.write(`${lines.join("\n")}\n`);
  };
  const release = (): void => {
    write(held ?? []);
    held = undefined;
  };
  return {
    onEvent(event) {
      if (stopped) return;
      const { session, turn } = add(event);
      const lines = eventLines(event, session, turn, tree, now() - startedAt);
      if (held === undefined) write(lines);
      else held.push(...lines);
    },
    pause() {
      held ??= [];
    },
    resume: release,
    stop() {
      release();
      stopped = true;
    },
  };
}
