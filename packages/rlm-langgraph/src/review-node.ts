import { interrupt, isGraphBubbleUp, type Command, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { InputError, type Decision, type ReviewRequest } from "rlm-core";
import { deliverDecisions, knownDecision, review, reviewRequests } from "rlm-core/driver";
import { z } from "zod";
import { decisionsNow, type ReviewInterrupt } from "./decisions.ts";
import { onSession, stepNode } from "./graph-node.ts";
import type { GraphValues } from "./graph-state.ts";
import type { LiveTrees } from "./live-trees.ts";
import { stateOf } from "./session-state.ts";

/**
 * A person is asked: by the run's `approve`, or else by an interrupt, one in each run of the node, so that no answer can
 * be taken for that of another question. While a run waits it holds no sandbox: they are rebuilt when it goes on.
 */
export function reviewNode(trees: LiveTrees) {
  return async (values: GraphValues, config: LangGraphRunnableConfig): Promise<Command> => {
    const asked = await onSession(values, config, trees, async (run, live) => {
      if (!run.asksLater) return undefined;
      const requests = await reviewRequests(await stateOf(values, live), run);
      const [only] = requests;
      const known = requests.length === 1 && only?.kind === "budget" && knownDecision(only, run);
      return { requests, ...(known && { known: [known] }) };
    });
    if (asked === undefined) return await stepNode("review", review, trees)(values, config);
    const { requests } = asked;
    // Nothing is left to ask where it goes on with another review than it waited with.
    const known = requests.length === 0 ? [] : asked.known;
    const decisions = known ?? askByInterrupt(requests, () => trees.close(values.session.rootId));
    return await stepNode(
      "review",
      async (state, run) => await deliverDecisions(state, requests, decisions, run),
      trees,
    )(values, config);
  };
}

/** What the person says; throws LangGraph's interrupt until it is there. What cannot be used leaves the question as it was. */
function askByInterrupt(requests: ReviewRequest[], waits: () => Promise<void>): Decision[] {
  let refused: unknown;
  const resume = z.unknown().superRefine((given, context) => {
    try {
      decisionsNow(given, requests);
    } catch (error) {
      refused = error;
      context.addIssue("not a decision");
    }
  });
  try {
    const given: unknown = interrupt({ requests } satisfies ReviewInterrupt, { responseSchema: resume });
    return decisionsNow(given, requests);
  } catch (error) {
    if (isGraphBubbleUp(error)) waits().catch(() => {});
    // The cause is how LangGraph knows that the question may be answered again.
    else if (refused instanceof InputError) throw new InputError(refused.message, { cause: error });
    throw error;
  }
}
