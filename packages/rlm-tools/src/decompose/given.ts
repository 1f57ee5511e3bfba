/** The text that a function was given. Throws TypeError that says what to do with anything else. */
export function textOf(text: unknown, name: string): string {
  if (typeof text === "string") return text;
  if (isLongText(text))
    throw new TypeError(
      `decompose.${name}: expected text to be a string, got a LongText: go through it by \`for (const part of text.chunks(50_000_000))\` and give each part`,
    );
  throw new TypeError(`decompose.${name}: expected text to be a string, got ${nameOf(text)}`);
}

/** The options that a function was given. */
export function optionsOf<T extends object>(options: unknown, name: string, known: readonly (keyof T & string)[]): T {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new TypeError(`decompose.${name}: expected options to be an object, got ${nameOf(options)}`);
  for (const key of Object.keys(options)) {
    if (!(known as readonly string[]).includes(key))
      throw new TypeError(`decompose.${name}: unknown option ${JSON.stringify(key)}, expected ${known.join(" or ")}`);
  }
  return options as T;
}

export function nameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}

function isLongText(value: unknown): boolean {
  return typeof value === "object" && value !== null && "chunks" in value && "slice" in value;
}
