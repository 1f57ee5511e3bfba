import { InvalidArgumentError } from "commander";

/** What `--approve` asks a person about. */
export const approvals = ["code", "tools", "budget", "answer"] as const;

export type Approval = (typeof approvals)[number];

/** Reads "code,budget"; "none" for nothing. */
export function readApprovals(text: string): Approval[] {
  if (text === "none") return [];
  const names = text.split(",").map((name) => name.trim());
  if (names.every(isApproval)) return [...new Set(names)];
  throw new InvalidArgumentError(`Expected ${approvals.join(", ")}, several with commas, or none.`);
}

function isApproval(name: string): name is Approval {
  return (approvals as readonly string[]).includes(name);
}
