import type { RlmEvent, TokenUsage } from "rlm-core";

/** What a watcher wants to know of a run, folded from its events. Texts in it are untrusted. */
export interface RunTree {
  root?: SessionView;
  /** Model calls and tokens of the whole tree so far. */
  calls: number;
  tokens: number;
  warnings: string[];
}

export interface SessionView {
  runId: string;
  query: string;
  turns: TurnView[];
  /** Events of its journal that were told. */
  told: number;
  end?: RunEnd;
}

export type RunEnd = Extract<RlmEvent, { type: "run-end" }>;

export interface TurnView {
  number: number;
  /** Whether its model was asked while this was watched: what else is told of a turn is a record. */
  isLive: boolean;
  code?: string;
  asked: number;
  done: number;
  failed: number;
  /** Of those done, what the cache had. */
  cached: number;
  /** Child RLMs that this turn opened. */
  children: SessionView[];
  /** Characters printed, when the code has ended. */
  printed?: number;
  /** How many of the session's oldest turns were summarised behind this one. */
  compacted?: number;
  error?: string;
}

/** Where in the tree an event belongs. */
export interface Place {
  session: SessionView;
  turn?: TurnView;
}

/** Folds events into one tree. */
export function createRunTree(): { tree: RunTree; add: (event: RlmEvent) => Place } {
  const tree: RunTree = { calls: 0, tokens: 0, warnings: [] };
  const sessions = new Map<string, SessionView>();
  return { tree, add };

  function add(event: RlmEvent): Place {
    const session = sessionOf(event);
    if (event.type === "run-start" || event.type === "budget" || event.type === "warning" || event.type === "run-end") {
      if (event.type === "warning") tree.warnings.push(event.message);
      if (event.type === "run-end") end(event, session);
      return { session };
    }
    // The runs that left their REPL to this one: none of its turns, nor of what it takes.
    if (event.type === "journal" && event.turn === 0) {
      session.told = Math.max(session.told, event.index + 1);
      return { session };
    }
    const turn = turnOf(session, event.turn);
    if (event.type === "turn-start") turn.isLive = true;
    if (event.type === "query-start") turn.asked++;
    if (event.type === "query-end") {
      if (event.ok) turn.done++;
      else turn.failed++;
      if (event.cached) turn.cached++;
      // What a child used was counted as it went, and what the cache had was paid by another call.
      else if (event.kind === "llm" || !sessions.has(childId(event))) count(event.usage);
    }
    // What a run that goes on tells again was counted.
    if (event.type === "journal" && event.index >= session.told) {
      session.told = event.index + 1;
      record(event.event, turn);
    }
    return { session, turn };
  }

  function sessionOf(event: RlmEvent): SessionView {
    const known = sessions.get(event.runId);
    if (known !== undefined) return known;
    const start = event.type === "run-start" ? event : undefined;
    const session: SessionView = { runId: event.runId, query: start?.state.task.query ?? "", turns: [], told: 0 };
    sessions.set(event.runId, session);
    const parent = start?.parent;
    const above = parent === undefined ? undefined : sessions.get(parent.runId);
    if (parent !== undefined && above !== undefined) turnOf(above, parent.turn).children.push(session);
    else tree.root ??= session;
    return session;
  }

  function record(event: Extract<RlmEvent, { type: "journal" }>["event"], turn: TurnView): void {
    if (event.type === "reply" || event.type === "compact") count(event.usage);
    if (event.type === "compact") turn.compacted = event.turns;
    else if (event.type === "block") turn.code = event.code;
    else if (event.type === "end") {
      turn.printed = event.output.chars;
      if (event.error !== undefined) turn.error = event.error.message;
    }
  }

  function end(event: RunEnd, session: SessionView): void {
    session.end = event;
    if (session !== tree.root) return;
    // The budget knows better: it has the calls without events too.
    tree.calls = event.usage.calls;
    tree.tokens = event.usage.inputTokens + event.usage.outputTokens;
  }

  function count(usage: TokenUsage | undefined): void {
    if (usage === undefined) return;
    tree.calls++;
    tree.tokens += usage.inputTokens + usage.outputTokens;
  }
}

/** Sub-calls of a turn that have not come back. */
export function running({ asked, done, failed }: TurnView): number {
  return Math.max(0, asked - done - failed);
}

function turnOf({ turns }: SessionView, number: number): TurnView {
  const last = turns.at(-1);
  const turn = last?.number === number ? last : turns.find((one) => one.number === number);
  if (turn !== undefined) return turn;
  const added: TurnView = { number, isLive: false, asked: 0, done: 0, failed: 0, cached: 0, children: [] };
  turns.push(added);
  return added;
}

function childId({ runId, turn, id }: { runId: string; turn: number; id: number }): string {
  return `${runId}/${turn}.${id}`;
}
