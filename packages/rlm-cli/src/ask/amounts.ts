import { InvalidArgumentError } from "commander";

/** A number as people type it: "200", "1_000", "200k", "2M", "none" for no limit. */
export function readAmount(text: string): number {
  if (text === "none") return Infinity;
  const [, digits = "", unit = ""] = /^(\d[\d_,]*(?:\.\d+)?)([kKmM]?)$/.exec(text) ?? [];
  if (digits === "") throw new InvalidArgumentError(`Expected a number such as 200, 50k or 2M, or none.`);
  return Number(digits.replace(/[_,]/g, "")) * (units[unit.toLowerCase()] ?? 1);
}

/** US dollars: "2", "0.50", "$2". */
export function readDollars(text: string): number {
  if (text === "none") return Infinity;
  if (!/^\$?\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("Expected US dollars such as 2 or 0.50, or none.");
  return Number(text.replace("$", ""));
}

/** Milliseconds, from "500ms", "90s", "10m", "1.5h". A number alone is seconds. */
export function readDuration(text: string): number {
  if (text === "none") return Infinity;
  const [, digits = "", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)?$/.exec(text) ?? [];
  if (digits === "") throw new InvalidArgumentError("Expected a time such as 90s, 10m or 1h, or none.");
  return Math.round(Number(digits) * (times[unit] ?? 1));
}

const units: Record<string, number> = { k: 1000, m: 1_000_000 };
const times: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
