import type { Model } from "rlm-core";

/** Models that keep in mind how many tokens the largest single request held. */
export interface Measure {
  measured(model: Model): Model;
  largestRequest(): number;
}

export function measure(): Measure {
  let largest = 0;
  return {
    measured(model) {
      const outer: Model = async (messages, options) => {
        const reply = await model(messages, options);
        largest = Math.max(largest, reply.usage?.inputTokens ?? 0);
        return reply;
      };
      const { modelName, settings, contextWindow } = model;
      return Object.assign(outer, { modelName, settings, contextWindow });
    },
    largestRequest: () => largest,
  };
}
