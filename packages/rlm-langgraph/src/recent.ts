/** Keeps the newest few values by key. */
export function createRecent<T>(most: number): { get(key: string): T | undefined; set(key: string, value: T): void } {
  const values = new Map<string, T>();
  return {
    get: (key) => values.get(key),
    set(key, value) {
      values.set(key, value);
      const [oldest] = values.keys();
      if (values.size > most && oldest !== undefined) values.delete(oldest);
    },
  };
}
