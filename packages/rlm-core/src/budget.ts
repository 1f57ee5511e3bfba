import { randomUUID } from "node:crypto";
import { readRaises, readRootTurn, readSpent, type BudgetEntry, type TreeLimit } from "./budget-log.ts";
import { noAmounts, rootTurnOf, roomToConclude, spendable, type Amounts, type RootTurn } from "./budget-room.ts";
import { BudgetError, InputError } from "./errors.ts";
import type { LimitName } from "./errors.ts";
import type { Limits } from "./limits.ts";
import type { TokenUsage } from "./model.ts";
import { checkPrices, costOf } from "./prices.ts";
import type { Prices } from "./prices.ts";
import type { RunStore } from "./store.ts";
import type { Usage } from "./state.ts";
import { createStopwatch } from "./stopwatch.ts";

/** What a whole tree may spend and spent: one for the root and all its children. */
export interface Budget {
  /**
   * Sets aside the most that a call may cost; resolves when that is in the log, so that a crash cannot lose it.
   * Waits while there would be enough tokens or dollars if the calls in flight gave theirs back.
   * Throws {@link BudgetError} where a limit does not allow it, {@link InputError} where cost is limited and the model has no price.
   */
  reserve(call: CallSize): Promise<Reservation>;
  /** Replaces a reservation by what the call used, and gives that back; a usage that is no number counts as reserved. `model`: who answered. */
  settle(reservation: Reservation, used: { usage: TokenUsage; model: string }): Promise<Settled>;
  /** Gives back a reservation whose call never reached the model. */
  release(reservation: Reservation): Promise<void>;
  /** What was settled so far: of the tree, or of one session and everything below it. */
  usage(runId?: string): Usage;
  /** Ordinary calls left (null: no limit), and the first limit of which at least 85 % is spent, in words. */
  left(): { calls: number | null; near?: string };
  /** How a limit stands: what it is now, what is spent of it, and whether a person has said that it stays. */
  standing(limit: TreeLimit): { max: number; spent: number; stays: boolean };
  /** Raises a limit, never lowers it; null: a person said that it stays. Resolves when that is in the log. */
  raise(limit: TreeLimit, max: number | null, runId: string): Promise<void>;
  /** Stops the active time until as many calls of `resume`. */
  pause(): void;
  resume(): void;
}

export interface CallSize {
  /** The session that asks. */
  runId: string;
  model: string;
  inputTokens: number;
  maxOutputTokens: number;
  /** The root's last call: it may use what ordinary calls leave for it, and time that is used up does not stop it. @default false */
  concluding?: boolean;
  /** Of a turn of the root: the most tokens that the prompt of a conclusion after it has. What that costs is held back until the next turn. */
  toConclude?: number | undefined;
}

export interface Reservation {
  readonly id: string;
  readonly runId: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  /** US dollars; undefined for a model without a price. */
  readonly costUsd?: number;
  readonly toConclude?: number;
}

/** `costUsd` is undefined for a model without a price; `unpriced`: though there are prices for others. */
export interface Settled {
  usage: TokenUsage;
  costUsd: number | undefined;
  unpriced?: true;
}

export interface BudgetOptions {
  limits: Limits;
  prices?: Prices;
  store: RunStore;
  /** The whole key of its log in the store. */
  logKey: string;
  /** Milliseconds of a clock that only goes forward. @default performance.now */
  now?: () => number;
  /** Its log up to now. @default none */
  entries?: readonly unknown[];
  /** Hears each entry when it is in the log. */
  onEntry?: (entry: BudgetEntry) => void;
}

/** A budget that writes ahead every reservation and settlement. */
export function createBudget(options: BudgetOptions): Budget {
  const { prices = {}, store, logKey, now = () => performance.now(), entries = [], onEntry } = options;
  const limits = { ...options.limits };
  const stays = new Set<LimitName>();
  for (const { limit, max } of readRaises(entries)) decide(limit, max);
  checkPrices(prices);
  const { spending, activeMs } = readSpent(entries, logKey);
  const open = new Map<string, Reservation>();
  let newestTurn = readRootTurn(entries);
  const clock = createStopwatch(now, activeMs);
  let settlement = Promise.withResolvers<void>();

  return {
    async reserve({ runId, model, inputTokens, maxOutputTokens, concluding = false, toConclude }) {
      const costUsd = costOf({ inputTokens, outputTokens: maxOutputTokens }, model, prices);
      if (costUsd === undefined && limits.costUsd !== Infinity) {
        throw new InputError(
          `Cannot keep to limits.costUsd: the model "${model}" has no price; give prices: { "${model}": { inputPerMillion, outputPerMillion } }`,
        );
      }
      const reservation: Reservation = {
        id: randomUUID(),
        runId,
        model,
        inputTokens,
        maxOutputTokens,
        ...(costUsd !== undefined && { costUsd }),
        ...(toConclude !== undefined && { toConclude }),
      };
      while (mustWait(reservation, concluding)) await settlement.promise;
      open.set(reservation.id, reservation);
      newestTurn = rootTurnOf(reservation) ?? newestTurn;
      spending.asks(runId, clock.elapsed());
      try {
        await log({ type: "reserve", ...reservation, activeMs: clock.elapsed() });
      } catch (error) {
        close(reservation, "drop");
        throw error;
      }
      return reservation;
    },
    async settle(reservation, used) {
      close(reservation, "settle");
      const tokens = checkedUsage(used.usage, reservation);
      // A provider may answer with a dated name; then the price is that of the name that was asked for.
      const costUsd = costOf(tokens, used.model, prices) ?? costOf(tokens, reservation.model, prices);
      const { id, runId } = reservation;
      spending.add(runId, { model: used.model, usage: tokens, costUsd });
      await log({
        type: "settle",
        id,
        runId,
        model: used.model,
        usage: tokens,
        ...(costUsd !== undefined && { costUsd }),
        activeMs: clock.elapsed(),
      });
      const unpriced = costUsd === undefined && Object.keys(prices).length > 0;
      return { usage: tokens, costUsd, ...(unpriced && { unpriced }) };
    },
    async release(reservation) {
      close(reservation, "release");
      const { id, runId } = reservation;
      await log({ type: "release", id, runId, activeMs: clock.elapsed() });
    },
    usage: (runId) => spending.usage(clock.elapsed(), runId),
    left() {
      // Measured by what ordinary calls may spend, or the model would hear of it too late.
      const room = roomFor();
      const calls = limits.calls === Infinity ? null : Math.max(0, limits.calls - room.calls - held().calls);
      const near = spendable.find(
        (name) => limits[name] !== Infinity && held()[name] >= 0.85 * (limits[name] - room[name]),
      );
      return near === undefined ? { calls } : { calls, near: words[near] };
    },
    standing: (limit) => ({ max: limits[limit], spent: held()[limit], stays: stays.has(limit) }),
    async raise(limit, max, runId) {
      await log({ type: "raise", id: randomUUID(), runId, limit, max, activeMs: clock.elapsed() });
      decide(limit, max);
      // Whoever waits may have room now.
      settlement.resolve();
      settlement = Promise.withResolvers();
    },
    pause: () => clock.pause(),
    resume: () => clock.resume(),
  };

  function decide(limit: TreeLimit, max: number | null): void {
    if (max === null) stays.add(limit);
    else stays.delete(limit);
    limits[limit] = Math.max(limits[limit], max ?? 0);
  }

  // Throws where no settlement of the calls in flight could make room.
  function mustWait(wanted: Reservation, concluding: boolean): boolean {
    const size = sizeOf(wanted);
    const total = held();
    const room = concluding ? noAmounts : roomFor(rootTurnOf(wanted));
    if (!concluding && total.durationMs >= limits.durationMs) throw refusal("durationMs", total.durationMs);
    if (total.calls + 1 > limits.calls - room.calls) throw refusal("calls", total.calls);
    let wait = false;
    for (const name of ["tokens", "costUsd"] as const) {
      const max = limits[name] - room[name];
      if (total[name] + size[name] <= max) continue;
      if (open.size === 0 || settled()[name] + size[name] > max) throw refusal(name, total[name], size[name]);
      wait = true;
    }
    return wait;
  }

  function roomFor(wanted?: RootTurn): Amounts {
    return roomToConclude({ limits, prices, settled: settled(), newest: newestTurn, wanted });
  }

  function refusal(limit: keyof Amounts, spent: number, needed?: number): BudgetError {
    return new BudgetError({ limit, max: limits[limit], spent, ...(needed !== undefined && { needed }) });
  }

  // Summed anew, since a running total of dollars drifts.
  function held(): Amounts {
    const total = settled();
    for (const reservation of open.values()) {
      const size = sizeOf(reservation);
      total.calls += size.calls;
      total.tokens += size.tokens;
      total.costUsd += size.costUsd;
    }
    return total;
  }

  function settled(): Amounts {
    const { calls, inputTokens, outputTokens, costUsd } = spending.tree;
    return { calls, tokens: inputTokens + outputTokens, costUsd, durationMs: Math.round(clock.elapsed()) };
  }

  function close({ id }: Reservation, action: string): void {
    if (!open.delete(id)) throw new Error(`Cannot ${action} reservation ${id}: it is not open`);
    // Whoever waits looks again after this call's usage is added, for it runs on later.
    settlement.resolve();
    settlement = Promise.withResolvers<void>();
  }

  async function log(entry: BudgetEntry): Promise<void> {
    await store.append(logKey, entry);
    onEntry?.(entry);
  }
}

/** The budget of an earlier run, from its log: what was reserved and never settled counts at its reserved size. */
export async function restoreBudget(options: Omit<BudgetOptions, "entries">): Promise<Budget> {
  return createBudget({ ...options, entries: await options.store.read(options.logKey) });
}

const words: Record<keyof Amounts, string> = {
  calls: "model calls",
  tokens: "tokens",
  costUsd: "cost",
  durationMs: "time",
};

function sizeOf({ inputTokens, maxOutputTokens, costUsd = 0 }: Reservation): Amounts {
  return { calls: 1, tokens: inputTokens + maxOutputTokens, costUsd, durationMs: 0 };
}

function checkedUsage(usage: TokenUsage, { inputTokens, maxOutputTokens }: Reservation): TokenUsage {
  const valid = [usage.inputTokens, usage.outputTokens].every((tokens) => Number.isFinite(tokens) && tokens >= 0);
  return valid ? usage : { inputTokens, outputTokens: maxOutputTokens, estimated: true };
}
