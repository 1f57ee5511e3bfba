import { isolate, type Model } from "rlm-core";
import { resolveOptions } from "rlm-core/driver";
import type { LoadOptions } from "../context/loaded-context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { number } from "../live-tree/words.ts";
import { plainText } from "../plain-text.ts";
import { write } from "../write.ts";
import { modelNameOf } from "./read-request.ts";
import type { AskRequest } from "./ask-request.ts";
import { checkPriced } from "./check-priced.ts";
import { countPieces } from "./count-tokens.ts";
import { checkModel, modelOptions, offline } from "./open-model.ts";
import { planWords } from "./plan-words.ts";
import { planOf } from "./plan.ts";

/** Says what a run would do and could cost, and refuses what it would refuse. No model is made, so no key is needed. */
export async function dryRun(request: AskRequest, loading: LoadOptions & { io: Io }): Promise<number> {
  const { prices, model, subModel = model, json } = request;
  const { io, progress, signal } = loading;
  await progress.during(
    () => "Looking at the models’ names",
    async () => {
      for (const name of new Set([model, subModel]))
        if (name !== undefined) await checkModel(name, modelOptions(request));
    },
  );
  const names = { model: priceNameOf(model), subModel: priceNameOf(subModel) };
  checkPriced(request, [names.model, names.subModel]);
  const limits = limitsOf(request);
  const context = await request.load(loading);
  let seen = 0;
  const { chars } = context;
  const count = await progress.during(
    () => `Counting tokens: ${number(seen)} of ${number(chars)} characters`,
    async () => await countPieces(context.pieces(), { chars, signal, onChars: (done) => (seen = done) }),
  );
  const plan = planOf({
    size: context,
    count,
    limits,
    prices,
    ...names,
    hasFormat: request.responseFormat !== undefined || request.cite,
  });
  const words = planWords(plan, {
    words: context.words,
    limits,
    hasModel: model !== undefined,
    hasPrices: Object.keys(prices).length > 0,
  });
  await write(io.stdout, json ? `${JSON.stringify(plan)}\n` : `${plainText(words)}\n`);
  return exitCodes.answered;
}

/** As the run has them, which fits some to the window of its models. */
function limitsOf({ givenLimits, contextWindow, prices, responseFormat }: AskRequest): AskRequest["limits"] {
  const never: Model = () => Promise.reject(new Error("Cannot ask a model: this is a dry run"));
  const model = Object.assign(never, { contextWindow });
  const options = { model, limits: givenLimits, prices, ...(responseFormat && { responseFormat }) };
  // Checks the others on the way.
  return resolveOptions<unknown>(options, isolate()).limits;
}

/** The name by which a price is looked up. */
function priceNameOf(model: string | undefined): string | undefined {
  if (model === undefined) return undefined;
  return model === offline ? "offline-stand-in" : modelNameOf(model);
}
