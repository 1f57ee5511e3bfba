import { Command, isInterrupted, type Interrupt } from "@langchain/langgraph";
import {
  BudgetError,
  RejectedError,
  type ChatMessage,
  type Decision,
  type Model,
  type ReviewRequest,
  type RlmResult,
  InputError,
} from "rlm-core";
import { createRlm, type Interrupted, type ReviewInterrupt, type Rlm, type RunChange } from "rlm-langgraph";
import { codeOf, toySandbox, toyTool, type Program } from "./toy.ts";
import type { Scenario } from "./scenario.ts";
import { live, type Life, type World } from "./world.ts";

/** One request of a model that was answered. */
export interface Asked {
  purpose: string;
  messages: ChatMessage[];
}

/** A thread that lives in one process after the other. */
export interface Thread {
  readonly asked: readonly Asked[];
  readonly rlm: Rlm<string, Interrupted>;
  readonly kills: number;
  /** Another branch asks for itself what was recorded behind the checkpoint that it comes from: that may be asked again. */
  forget(): void;
  /** Begins another branch; undefined where that cannot be at this place. */
  fork(config: object, change: RunChange): Promise<object | undefined>;
  /** Asks, or goes on, over as many processes and persons as it takes. */
  ask(input: { query: string; context?: string } | null, options: AskOptions): Promise<Ended>;
}

export interface AskOptions {
  config?: object;
  /** The run before, for what a killed process may not have begun. */
  before: string | undefined;
  /** Leaves it where it waits for a person, or where its process is killed. */
  abandon?: boolean;
}

/** How a question ended. */
export type Ended = { runId: string } & ({ result: RlmResult } | { left: true } | { error: unknown });

const name = { configurable: { thread_id: "t" } };

export function openThread(scenario: Scenario, world: World, fail: (what: string) => void): Thread {
  const { limits: drawn, review, says, child, questions } = scenario;
  const kills = [...scenario.kills];
  const asked: Asked[] = [];
  const recorded = new Set<string>();
  /** Lines of logs that are not looked at any more. */
  const old = new Set<string>();
  let said = 0;
  let killed = 0;
  let current = start(world);

  function start(from: World): { life: Life; rlm: Rlm<string, Interrupted> } {
    const life = live(from, kills.shift() ?? Infinity);
    const limits = {
      depth: 2,
      turns: drawn.turns,
      ...(drawn.calls !== null && { calls: drawn.calls }),
      ...(drawn.history && { historyTokens: 1_000 }),
      ...(!drawn.direct && { directBelow: 0 }),
    };
    const rlm = createRlm({
      model: modelOf(life),
      sandbox: toySandbox(),
      store: life.store,
      checkpointer: life.saver,
      tools: [toyTool],
      limits,
      review,
    });
    return { life, rlm };
  }

  function modelOf(life: Life): Model {
    const model: Model = async (messages, { purpose, depth }) => {
      life.signal.throwIfAborted();
      const key = JSON.stringify(messages);
      if (recorded.has(purpose === "sub" ? (messages[0]?.content ?? "") : key))
        fail(`asked again (${purpose}): ${messages.at(-1)?.content.slice(0, 200)}`);
      const number = asked.push({ purpose, messages: structuredClone(messages) }) - 1;
      const usage = { inputTokens: 10, outputTokens: 10 };
      return { text: answerTo(messages, purpose, depth, number), usage };
    };
    return Object.assign(model, { modelName: "toy" });
  }

  function answerTo(messages: readonly ChatMessage[], purpose: string, depth: number, number: number): string {
    if (purpose === "sub") return messages[0]?.content ?? "";
    if (purpose === "compact") return `Notes #${number}: ${"what was found is not lost. ".repeat(5)}`;
    if (purpose === "direct") return `Read #${number}`;
    const query = /^Question: (.*)$/m.exec(messages[1]?.content ?? "")?.[1] ?? "";
    const gives = depth > 0 ? query : `The answer to ${query}`;
    if (purpose === "conclude" && !scenario.concludesByCode) return `The best there is #${number}`;
    const turn = Number([...(messages.at(-1)?.content ?? "").matchAll(/Turn (\d+)/g)].at(-1)?.[1]);
    const blocks = depth > 0 ? child : (questions[Number(/^q(\d)/.exec(query)?.[1] ?? 0)]?.blocks ?? []);
    const last: Program = { calls: [], prints: 0, ends: "final", more: 0 };
    const block = purpose === "conclude" ? last : (blocks[turn - 1] ?? last);
    return `#${number}\n\`\`\`repl\n${codeOf({ ...block, name: `b${number}`, gives })}\n\`\`\``;
  }

  function decide(request: ReviewRequest): Decision {
    const type = says[said++ % says.length] ?? "approve";
    // Who rejects each answer and raises each limit would go on for ever.
    if (said > 60) return { type: request.kind === "budget" ? "reject" : "approve" };
    if (type === "approve") return { type };
    if (type === "reject" || request.kind === "budget") return { type: "reject" };
    if (request.kind === "tool") return { type, args: { ...request.args, name: `edited${said}` } };
    if (request.kind === "answer") return { type, answer: `a person's answer ${said}` };
    const block: Program = { calls: ["llm"], prints: 2_500, ends: "shown", more: 0 };
    return { type, code: codeOf({ ...block, name: `p${said}`, gives: "" }) };
  }

  function decisionsOn(waiting: readonly Interrupt<ReviewInterrupt>[]): Command {
    const resume = Object.fromEntries(waiting.map(({ id, value }) => [id ?? "", (value?.requests ?? []).map(decide)]));
    return new Command({ resume });
  }

  /** The next process on what a killed one left. */
  function restart(left: World): void {
    killed++;
    current = start(left);
    for (const lines of left.logs.values())
      for (const line of lines) {
        if (old.has(line)) continue;
        const { event } = JSON.parse(line) as { event?: { type: string; ok?: boolean; ref?: string; text?: string } };
        const text = event?.type === "result" && event.ok === true ? left.texts.get(event.ref ?? "") : undefined;
        if (text?.startsWith("{") === true) recorded.add(text);
        const reply = event?.type === "reply" ? /^#(\d+)/.exec(event.text ?? "")?.[1] : undefined;
        if (reply !== undefined) recorded.add(JSON.stringify(asked[Number(reply)]?.messages));
      }
  }

  return {
    asked,
    get rlm() {
      return current.rlm;
    },
    get kills() {
      return killed;
    },
    forget() {
      recorded.clear();
      for (const line of [...current.life.world.logs.values()].flat()) old.add(line);
    },
    async fork(config, change) {
      for (;;) {
        const { life, rlm } = current;
        try {
          const forked = await rlm.fork(config, change);
          if (life.left === undefined) return forked;
        } catch (error) {
          if (error instanceof InputError) return undefined;
          throw error;
        }
        restart(life.left);
      }
    },
    async ask(input, { config: given = name, before, abandon = false }) {
      let next: Parameters<Rlm["invoke"]>[0] = input;
      let config = given;
      for (;;) {
        const { life, rlm } = current;
        try {
          const result = await rlm.invoke(next, { ...config, signal: life.signal });
          if (life.left === undefined) {
            // Another branch may still be the newest of the thread.
            if ((await newestRun(rlm)) === result.runId) config = name;
            // The question itself was lost with the process before.
            if (input !== null && result.runId === before) next = input;
            else if (!isInterrupted<ReviewInterrupt>(result)) return { runId: result.runId, result };
            else if (abandon) return { runId: result.runId, left: true };
            else next = decisionsOn(result.__interrupt__);
            continue;
          }
        } catch (error) {
          if (life.left === undefined) {
            if (error instanceof InputError && /holds no run/.test(error.message) && input !== null) {
              next = input;
              continue;
            }
            if (!(error instanceof RejectedError || error instanceof BudgetError)) throw error;
            return { runId: (await newestRun(rlm)) ?? "", error };
          }
        }
        restart(life.left);
        const there = await newestRun(current.rlm);
        if (there !== undefined && there !== before && abandon) return { runId: there, left: true };
        if (input !== null || (there !== undefined && there !== before)) config = name;
        next = null;
      }
    },
  };
}

async function newestRun(rlm: Rlm<string, Interrupted>): Promise<string | undefined> {
  const [newest] = await rlm.checkpoints("t");
  return newest?.runId;
}
