import { InputError } from "./errors.ts";
import { isFileContext } from "./file.ts";
import { isNamed } from "./named.ts";

/** An array or object as JSON. Throws {@link InputError} that names the place of a value which JSON would lose or cannot hold. */
export function jsonText(value: object, name: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new InputError(`Cannot use context "${name}": ${unfit(cause)}`, { cause });
  }
  checkLossless(value, name);
  if (text === undefined) throw new InputError(`Cannot use context "${name}": its toJSON() gives nothing`);
  return text;
}

function unfit(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/circular/i.test(message)) return "it contains itself, which JSON cannot hold; pass a copy without the cycle";
  if (/BigInt/.test(message)) return "it has a BigInt, which JSON cannot hold; pass it as a text";
  if (/string length/i.test(message))
    return "its JSON is too long for a string; pass a part, or several with named({ … })";
  if (/stack/i.test(message)) return "it is nested too deeply for JSON; flatten it";
  return `it cannot become JSON (${message})`;
}

// JSON.stringify drops these in silence. It ran before, so there is no cycle here.
function checkLossless(value: unknown, path: string): void {
  if (typeof value === "function" || typeof value === "symbol")
    throw new InputError(`Cannot use context: ${path} is a ${typeof value}, which JSON cannot hold`);
  if (typeof value === "number" && !Number.isFinite(value))
    throw new InputError(`Cannot use context: ${path} is ${value}, which JSON cannot hold; use null or a text`);
  if (typeof value !== "object" || value === null) return;
  if (isFileContext(value) || isNamed(value))
    throw new InputError(
      `Cannot use context: ${path} is made by ${isNamed(value) ? "named" : "file"}(); give such contexts at the top, as named({ first: file("…"), … })`,
    );
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value))
    throw new InputError(
      `Cannot use context: ${path} is a ${value.constructor.name}, which JSON cannot hold; pass an array or a plain object`,
    );
  if ("toJSON" in value && typeof value.toJSON === "function") return;
  if (Array.isArray(value)) for (const [index, item] of value.entries()) checkLossless(item, `${path}[${index}]`);
  else for (const [key, item] of Object.entries(value)) checkLossless(item, `${path}.${key}`);
}
