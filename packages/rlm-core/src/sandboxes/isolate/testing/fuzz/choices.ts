/** Decisions of a generator, read from a tape of numbers: a shorter tape, or smaller numbers, make what is simpler. */
export interface Choices {
  /** Whether the tape is at its end; then every choice is the first. */
  readonly ended: boolean;
  below(bound: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** True once in so many times. */
  chance(once: number): boolean;
}

export function createChoices(tape: readonly number[]): Choices {
  let at = 0;
  const below = (bound: number): number => (tape[at++] ?? 0) % bound;
  return {
    get ended() {
      return at >= tape.length;
    },
    below,
    pick: (list) => list[below(list.length)] as (typeof list)[0],
    chance: (once) => below(once) === once - 1,
  };
}
