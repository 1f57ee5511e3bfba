import { array, boolean, constantFrom, integer, option, record, type Arbitrary } from "fast-check";
import type { ReviewPoint } from "rlm-core";
import { programs, type Program } from "./toy.ts";

/** One thread: its questions, what is asked of a person and said, and where its processes are killed. */
export interface Scenario {
  /** `context`: whether it brings one; the first always does. */
  questions: { blocks: Program[]; context: boolean; abandon: boolean }[];
  child: Program[];
  review: ReviewPoint[];
  says: ("approve" | "edit" | "reject")[];
  limits: { calls: number | null; turns: number; history: boolean; direct: boolean };
  /** After how many writes each process is killed; those after the last live. */
  kills: number[];
  fork: { after: number; at: number; change: "reply" | "code" | "query" | "limits" | "none" } | null;
  /** Whether the last words at a limit are code. */
  concludesByCode: boolean;
}

export const scenarios: Arbitrary<Scenario> = record({
  questions: array(record({ blocks: programs, context: boolean(), abandon: constantFrom(false, false, false, true) }), {
    minLength: 1,
    maxLength: 3,
  }),
  child: programs,
  review: array(constantFrom<ReviewPoint>("code", "budget", "answer"), { maxLength: 3 }).map((all) => [
    ...new Set(all),
  ]),
  says: array(constantFrom<Scenario["says"][number][]>("approve", "approve", "edit", "reject"), {
    minLength: 1,
    maxLength: 8,
  }),
  limits: record({
    calls: option(integer({ min: 3, max: 14 }), { nil: null }),
    turns: integer({ min: 2, max: 6 }),
    history: boolean(),
    direct: constantFrom(false, false, true),
  }),
  kills: array(integer({ min: 1, max: 90 }), { maxLength: 4 }),
  fork: option(
    record({
      at: integer({ min: 0, max: 30 }),
      after: integer({ min: 0, max: 2 }),
      change: constantFrom("reply", "code", "query", "limits", "none"),
    }),
  ) as Arbitrary<Scenario["fork"]>,
  concludesByCode: boolean(),
});

/** Those that showed a defect once. */
export const found: readonly Scenario[] = [
  // Forked where children had ended that the code had not heard of: their sessions were missing in the branch's trajectory.
  {
    questions: [
      {
        blocks: [
          { calls: ["llm"], prints: 0, ends: "error", more: 0 },
          { calls: ["llm", "tool"], prints: 20, ends: "error", more: 1 },
          { calls: ["child", "child"], prints: 0, ends: "error", more: 1 },
          { calls: ["child", "tool"], prints: 0, ends: "final", more: 1 },
        ],
        context: true,
        abandon: false,
      },
      {
        blocks: [
          { calls: ["llm", "child", "llm"], prints: 2_500, ends: "shown", more: 1 },
          { calls: [], prints: 2_500, ends: "final", more: 1 },
          { calls: ["llm", "llm"], prints: 2_500, ends: "error", more: 1 },
        ],
        context: false,
        abandon: false,
      },
    ],
    child: [],
    review: ["budget"],
    says: ["edit", "approve", "approve", "edit"],
    limits: { calls: null, turns: 6, history: true, direct: false },
    kills: [30, 40],
    fork: { at: 3, after: 1, change: "query" },
    concludesByCode: false,
  },
];
