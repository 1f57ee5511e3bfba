import { InputError } from "rlm-core";
import type { AskRequest } from "./ask-request.ts";

/** Throws InputError where cost is limited and a model that would be asked has no price; before the context is read. */
export function checkPriced(
  { limits, prices }: Pick<AskRequest, "limits" | "prices">,
  [model, subModel]: readonly (string | undefined)[],
): void {
  if (limits.costUsd === Infinity) return;
  const asked = limits.depth > 0 ? [model, subModel] : [model];
  const without = asked.find((name) => name !== undefined && !Object.hasOwn(prices, name));
  if (without !== undefined)
    throw new InputError(
      `Cannot keep to --cost-usd: the model "${without}" has no price; give it in the table of --prices`,
    );
}
