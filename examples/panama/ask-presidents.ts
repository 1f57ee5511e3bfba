import { runAsk, type Answered, type Io } from "rlm-cli";
import { mentionsFormat, type Mentions } from "rlm-tools/offline-model";
import { loadAddresses, type Address } from "./addresses.ts";
import { measureAddresses } from "./measure-addresses.ts";
import { table } from "./table.ts";

const question = "Which presidents spoke of the Panama Canal, in which years, how often, and what was said first?";

const description = `Asks "${question}"
over all 233 State of the Union addresses, and shows what happens. No key, no network.`;

/** `rlm ask` with that question over all addresses; gives the exit code. */
export async function askPresidents(argv: readonly string[], io: Io): Promise<number> {
  const addresses = await loadAddresses();
  return await runAsk(argv, io, {
    name: "pnpm demo",
    description,
    question,
    load: async (options) => await measureAddresses(addresses, options),
    model: "offline",
    // So that one can watch the sub-calls come back; the default is 16 at once.
    limits: { concurrency: 4 },
    delayMs: io.stderr.isTTY === true ? 400 : 0,
    responseFormat: mentionsFormat,
    show: summary,
    problem({ result }) {
      const { mentions } = result.answer as Mentions;
      const scanned = scan(addresses);
      return scanned === mentions
        ? undefined
        : `The answer is wrong: a plain scan of the text finds ${scanned} mentions, not ${mentions}.`;
    },
  });
}

function summary({ result, context, largestRequest, seconds, width }: Answered): string {
  const { answer, usage } = result;
  return [
    "",
    table(answer as Mentions, width),
    "",
    `Largest single model request: ${number(largestRequest)} tokens, of ${number(context.tokens ?? 0)} in the text.`,
    `In all ${usage.calls} model calls, ${number(usage.inputTokens + usage.outputTokens)} tokens, ${seconds.toFixed(1)} s.`,
  ].join("\n");
}

function scan(addresses: readonly Address[]): number {
  return addresses.reduce((sum, { text }) => sum + (text.match(/\bpanama\s+canal\b/gi)?.length ?? 0), 0);
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
