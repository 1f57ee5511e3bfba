/** What the exit code of `rlm` says. */
export const exitCodes = {
  answered: 0,
  failed: 1,
  /** Wrong usage or input, no key, or one that the provider refuses. */
  usage: 2,
  /** There is an answer, the best one at a limit. */
  concluded: 3,
  /** A replay was not the same as its record. */
  differs: 4,
  /** The run of a thread waits for a person. */
  waiting: 5,
  interrupted: 130,
} as const;
