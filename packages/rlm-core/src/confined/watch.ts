import type { LossKind } from "./child-lost.ts";
import { memoryPollMs, residentMb } from "./resident-memory.ts";

/** What a process may use until it answers. */
export interface Bounds {
  wallMs: number;
  /** Resident memory; not watched if undefined. */
  memoryMb?: number;
  /** Bytes that it may send. */
  maxBytes: number;
  /** Whether this program may end meanwhile. @default false */
  background?: boolean;
}

/** Watches a computing process from outside, for what it does inside one native call nothing inside can end. Returns how to stop. */
export function watch(
  pid: number,
  { wallMs, memoryMb, background = false }: Bounds,
  lose: (how: LossKind, message: string) => void,
): () => void {
  const due = performance.now() + wallMs;
  let timer = setTimeout(expire, Math.min(wallMs, maxTimerMs));
  const poll = memoryMb === undefined ? undefined : setInterval(() => void look(memoryMb), memoryPollMs);
  if (background) timer.unref();
  let stopped = false;

  function expire(): void {
    const late = performance.now() - due;
    // If this program itself was busy, the answer may lie in the pipe: it gets time to be read first.
    if (late > blockedMs) timer = setTimeout(kill, blockedMs);
    else kill();
  }

  function kill(): void {
    setImmediate(() => {
      if (!stopped) lose("timeout", `it computed for ${Math.round(wallMs)} ms without an answer`);
    });
  }

  async function look(mostMb: number): Promise<void> {
    const usedMb = await residentMb(pid);
    if (!stopped && usedMb !== undefined && usedMb > mostMb)
      lose("memory", `it used ${Math.round(usedMb)} MB, at most ${Math.round(mostMb)} MB are allowed`);
  }

  return () => {
    stopped = true;
    clearTimeout(timer);
    clearInterval(poll);
  };
}

const maxTimerMs = 2_147_483_647;
const blockedMs = 100;
