import { InputError, type Model } from "rlm-core";
import type { Asking } from "./asking.ts";
import { checkPriced } from "./check-priced.ts";
import { modelOptions, noModel, offline, openModel } from "./open-model.ts";

/** The models of a request, measured. Throws InputError for one that cannot be had. */
export async function openModels({
  request,
  io,
  say,
  progress,
  measured: { measured },
}: Asking): Promise<{ model: Model; subModel?: Model }> {
  const { model, subModel, delayMs } = request;
  if (model === undefined) throw new InputError(noModel);
  const open = io.openModel ?? openModel;
  const options = modelOptions(request);
  if (model === offline || subModel === offline) say(standIn(delayMs));
  const models = await progress.during(
    () => "Loading the model’s package",
    async () => ({
      model: measured(await open(model, options)),
      ...(subModel !== undefined && { subModel: measured(await open(subModel, options)) }),
    }),
  );
  checkPriced(request, [models.model.modelName, models.subModel?.modelName]);
  return models;
}

function standIn(delayMs: number): string {
  const held = ` It holds each reply back for ${delayMs} ms, so that you can watch: --delay 0 turns that off.`;
  return `The model here is an offline stand-in: rules, not a language model.${delayMs === 0 ? "" : held}`;
}
