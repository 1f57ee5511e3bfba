import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InputError } from "rlm-core";
import { problemWords } from "../problem-words.ts";

/** Reads a JSON object that an option names. Throws InputError. */
export async function readJsonFile(flag: string, path: string, cwd: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, path), "utf8");
  } catch (cause) {
    throw new InputError(`Cannot read the file of ${flag}, ${path}: ${problemWords(cause)}`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`Cannot read the file of ${flag}, ${path}: it is not JSON; ${String(cause)}`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new InputError(`Expected the file of ${flag}, ${path}, to be a JSON object`);
}
