import { Runnable } from "@langchain/core/runnables";
import { isInterrupted } from "@langchain/langgraph";
import { InputError, type RlmResult } from "rlm-core";
import type { RlmCallOptions, RlmInvocation } from "./rlm-input.ts";

/** The answer of an Rlm without the rest of its result, for a chain. Throws InputError for a run that waits for a person. */
export class AnswerAlone<T> extends Runnable<RlmInvocation, T, RlmCallOptions> {
  static override lc_name(): string {
    return "RlmAnswer";
  }
  lc_namespace = ["rlm-langgraph"];
  readonly #rlm: Runnable<RlmInvocation, unknown, RlmCallOptions>;
  constructor(rlm: Runnable<RlmInvocation, unknown, RlmCallOptions>) {
    super();
    this.#rlm = rlm;
  }
  override async invoke(input: RlmInvocation, options?: Partial<RlmCallOptions>): Promise<T> {
    const result = await this.#rlm.invoke(input, options);
    if (!isInterrupted(result)) return (result as RlmResult<T>).answer;
    throw new InputError(
      "Cannot give the answer alone: the run waits for a person; go on with rlm.invoke(new Command({ resume }), config)",
    );
  }
}
