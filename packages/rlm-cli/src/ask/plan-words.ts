import { number, plural } from "../live-tree/words.ts";
import type { Limits } from "rlm-core";
import { inFlags } from "./limit-flags.ts";
import type { Plan } from "./plan.ts";

/** A plan for people. */
export function planWords(
  plan: Plan,
  { words, limits, hasModel, hasPrices }: { words: string; limits: Limits; hasModel: boolean; hasPrices: boolean },
): string {
  const { chars, bytes, tokens, estimated, way, most, onePass, unpriced } = plan;
  const size = `${plural(chars, "character")}, ${plural(bytes, "byte")}, ${estimated ? "about " : ""}${plural(tokens, "token")} (o200k_base${estimated ? ", estimated from a sample" : ""})`;
  const lacking = hasPrices ? `the table of --prices lacks ${unpriced.join(" and ")}` : "give --prices FILE";
  const noPrice = `no price: ${hasModel ? lacking : "no --model given"}`;
  const dollars = (cost: number | null): string => (cost === null ? noPrice : `$${cost.toFixed(cost < 1 ? 4 : 2)}`);
  const limit = (value: number | null, noun: string): string =>
    value === null ? `any number of ${noun}s` : plural(value, noun);
  const lines = [
    "Dry run: no model was asked.",
    `Context:        ${words}`,
    `Size:           ${size}`,
    `Plan:           ${ways[way](limits)}`,
    `At most:        ${limit(most.calls, "call")}, ${limit(most.tokens, "token")}, ${dollars(most.costUsd)} (${way === "direct" ? "the context and the longest answer, and once more where that is cut; most runs take one call" : "what the limits allow"})`,
  ];
  if (way === "direct" || limits.depth === 0) return lines.join("\n");
  const over = [
    ...(onePass.calls > limits.calls ? [`${inFlags("limits.calls")} ${number(limits.calls)}`] : []),
    ...(onePass.tokens > limits.tokens ? [`${inFlags("limits.tokens")} ${number(limits.tokens)}`] : []),
    ...(onePass.costUsd !== null && onePass.costUsd > limits.costUsd
      ? [`${inFlags("limits.costUsd")} ${limits.costUsd}`]
      : []),
  ];
  return [
    ...lines,
    `One whole pass: about ${plural(onePass.calls, "sub-call")}, ${plural(onePass.tokens, "token")}, ${dollars(onePass.costUsd)}`,
    `                ${over.length === 0 ? "That is within the limits." : `That is more than ${over.join(" and ")}: raise it if every part has to be read.`}`,
    "                It is what reading every character once by sub-calls would cost. A run that can search first reads",
    "                less; one that has to compare, or that asks again, reads more. The root’s own turns come on top.",
  ].join("\n");
}

const ways = {
  direct: ({ directBelow }: Limits) =>
    `direct: one plain call with the whole context, as it is shorter than --direct-below ${number(directBelow)}`,
  rlm: ({ depth }: Limits) =>
    depth === 0
      ? "RLM: the model searches the context by code, without sub-calls (--depth 0)"
      : `RLM: the model searches the context by code, and asks sub-calls to read pieces (--depth ${depth})`,
};
