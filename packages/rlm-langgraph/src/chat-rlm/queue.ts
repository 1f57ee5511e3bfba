/** Values that come while others are read: a generator gives them in order, and ends where `end` was called. */
export function createQueue<T>(): { push(value: T): void; end(): void; values: AsyncGenerator<T> } {
  const waiting: T[] = [];
  let ended = false;
  let news = Promise.withResolvers<void>();
  const wake = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  async function* read(): AsyncGenerator<T> {
    while (true) {
      const heard = news.promise;
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next;
      if (ended) return;
      await heard;
    }
  }
  return {
    push(value) {
      waiting.push(value);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    values: read(),
  };
}
