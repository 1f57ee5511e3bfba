import { BadFrame } from "./bad-frame.ts";

// Hand-written, for they stand at the border: each gives a fresh value of the type it names, or throws BadFrame.

export function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new BadFrame(`${what} that is no object`);
  return value as Record<string, unknown>;
}

/** A frame of one type only. */
export function expectType(frame: unknown, type: string): Record<string, unknown> {
  const given = record(frame, "a frame");
  if (given["type"] !== type) throw new BadFrame(`a frame that is not "${type}"`);
  return given;
}

export function list(value: unknown, most: number, what: string): unknown[] {
  if (!Array.isArray(value) || value.length > most) throw new BadFrame(`${what} that is no list of at most ${most}`);
  return value;
}

export function text(value: unknown, most: number, what: string): string {
  if (typeof value !== "string" || value.length > most)
    throw new BadFrame(`${what} that is no text of at most ${most} characters`);
  return value;
}

export function flag(value: unknown, what: string): boolean {
  if (typeof value !== "boolean") throw new BadFrame(`${what} that is neither true nor false`);
  return value;
}

export function count(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw new BadFrame(`${what} that is no count`);
  return value;
}

export function oneOf<T extends string>(value: unknown, names: readonly T[], what: string): T {
  const name = names.find((candidate) => candidate === value);
  if (name === undefined) throw new BadFrame(`${what} that is none of ${names.join(", ")}`);
  return name;
}
