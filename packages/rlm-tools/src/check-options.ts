/** The options that a function of a kit was given; `call` is its name, such as "decompose.rows". Throws TypeError for others than those known. */
export function checkOptions<T extends object>(given: unknown, call: string, known: readonly (keyof T & string)[]): T {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new TypeError(`${call}: expected options to be an object, got ${nameOf(given)}`);
  for (const key of Object.keys(given)) {
    if (!(known as readonly string[]).includes(key))
      throw new TypeError(`${call}: unknown option ${JSON.stringify(key)}, expected ${known.join(" or ")}`);
  }
  return given as T;
}

export function nameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}
