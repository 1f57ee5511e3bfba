/** Says what goes on while it takes long: first after two seconds, then every two seconds. */
export interface Progress {
  /** Runs something that may take long; `words` tells how far it is. */
  during<T>(words: () => string, work: () => Promise<T>): Promise<T>;
}

export function createProgress(say: (line: string) => void, everyMs = 2000): Progress {
  return {
    async during(words, work) {
      const timer = setInterval(() => say(`${words()} …`), everyMs).unref();
      try {
        return await work();
      } finally {
        clearInterval(timer);
      }
    },
  };
}
