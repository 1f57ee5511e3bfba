import { everything } from "./job.ts";

/** Of notes, one a line: what was asked although it was recorded before, and what never was. */
export function judge(lines: readonly string[]): { repeated: string[]; unasked: string[] } {
  const recorded = new Set<string>();
  const asked = new Set<string>();
  const repeated: string[] = [];
  for (const line of lines) {
    const [, what, name = ""] = /^(asked|recorded) (.*)$/.exec(line) ?? [];
    if (what === "recorded") recorded.add(name);
    if (what !== "asked") continue;
    asked.add(name);
    if (recorded.has(name)) repeated.push(name);
  }
  return { repeated, unasked: everything.filter((name) => !asked.has(name)) };
}
