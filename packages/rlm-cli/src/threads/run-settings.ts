import type { JsonSchema, Limits, Price } from "rlm-core";
import type { AskRequest } from "../ask/ask-request.ts";
import type { ProfileName } from "../ask/profiles.ts";
import type { Approval } from "../review/approve-flag.ts";

/** How a run is asked for, as its thread keeps it: never a key. */
export interface RunSettings {
  model?: string;
  subModel?: string;
  baseUrl?: string;
  contextWindow?: number;
  delayMs: number;
  /** Those that somebody set; null: none. */
  limits: Partial<Record<keyof Limits, number | null>>;
  prices: Record<string, Price>;
  profile: ProfileName;
  responseFormat?: JsonSchema;
  /** Absent: false. */
  cite?: true;
  /** Absent: nothing is asked. */
  approve?: readonly Approval[];
}

export function settingsOf(request: AskRequest): RunSettings {
  const {
    model,
    subModel,
    baseUrl,
    contextWindow,
    delayMs,
    givenLimits,
    prices,
    profile,
    responseFormat,
    cite,
    approve,
  } = request;
  return {
    ...(model !== undefined && { model }),
    ...(subModel !== undefined && { subModel }),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(contextWindow !== undefined && { contextWindow }),
    delayMs,
    // JSON has no Infinity.
    limits: mapped(givenLimits, (value) => (value === Infinity ? null : value)),
    prices,
    profile,
    ...(responseFormat !== undefined && { responseFormat }),
    ...(cite && { cite }),
    ...(approve.length > 0 && { approve }),
  };
}

/** The limits as they were given. */
export function limitsIn({ limits }: Pick<RunSettings, "limits">): Partial<Limits> {
  return mapped(limits, (value) => value ?? Infinity);
}

/** What the next question of a thread has too, where nobody says otherwise: the form of an answer is of one question. */
export function settingsToKeep({ responseFormat: _, cite: __, ...kept }: RunSettings): RunSettings {
  return kept;
}

function mapped<From, To>(
  values: Partial<Record<keyof Limits, From>>,
  to: (value: From) => To,
): Partial<Record<keyof Limits, To>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));
}
