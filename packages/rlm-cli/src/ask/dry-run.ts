import type { LoadedContext } from "../context/loaded-context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { number } from "../live-tree/words.ts";
import { plainText } from "../plain-text.ts";
import type { Progress } from "../progress.ts";
import { write } from "../write.ts";
import { modelNameOf } from "./ask-options.ts";
import type { AskRequest } from "./ask-request.ts";
import { countPieces } from "./count-tokens.ts";
import { planWords } from "./plan-words.ts";
import { planOf } from "./plan.ts";

/** Says what a run would do and could cost. No model is made, so no key is needed. */
export async function dryRun(
  { limits, prices, model, subModel = model, json }: AskRequest,
  context: LoadedContext,
  { io, progress, signal }: { io: Io; progress: Progress; signal: AbortSignal },
): Promise<number> {
  let seen = 0;
  const { chars } = context;
  const count = await progress.during(
    () => `Counting tokens: ${number(seen)} of ${number(chars)} characters`,
    async () => await countPieces(context.pieces(), { chars, signal, onChars: (done) => (seen = done) }),
  );
  const names = {
    model: model === undefined ? undefined : modelNameOf(model),
    subModel: subModel === undefined ? undefined : modelNameOf(subModel),
  };
  const plan = planOf({ size: context, count, limits, prices, ...names });
  const words = planWords(plan, { words: context.words, limits, hasModel: model !== undefined });
  await write(io.stdout, json ? `${JSON.stringify(plan)}\n` : `${plainText(words)}\n`);
  return exitCodes.answered;
}
