/** Milliseconds of active time: since it was made, plus `before`, less the pauses. */
export interface Stopwatch {
  elapsed(): number;
  /** Pauses nest: as many resumes start it again. */
  pause(): void;
  resume(): void;
}

export function createStopwatch(now: () => number, before: number): Stopwatch {
  let start = now() - before;
  let pausedAt = 0;
  let pauses = 0;
  return {
    elapsed: () => (pauses > 0 ? pausedAt : now()) - start,
    pause() {
      if (pauses === 0) pausedAt = now();
      pauses += 1;
    },
    resume() {
      if (pauses === 0) return;
      pauses -= 1;
      if (pauses === 0) start += now() - pausedAt;
    },
  };
}
