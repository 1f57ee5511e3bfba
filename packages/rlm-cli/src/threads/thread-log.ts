import { InputError, type ContextRef, type LimitName, type RunStore, type Usage } from "rlm-core";
import type { RunSettings } from "./run-settings.ts";

/** What a thread's log says, in order. `at`: milliseconds since 1970. */
export type ThreadEntry = Asked | Begun | Resumed | Ended;

/** A question, with all that its run needs. */
interface Asked {
  type: "asked";
  at: number;
  question: string;
  /** Absent: what the thread has already. Texts are in the store, files stay where they are. */
  contexts?: ContextRef[];
  settings: RunSettings;
}

/** Its run began; again where nothing of it was kept before it was stopped. */
interface Begun {
  type: "begun";
  at: number;
  runId: string;
  /** Those that somebody had set by then; absent in older logs: those of the settings. */
  limits?: RunSettings["limits"];
}

/** Somebody went on with it; where that was under other limits, their branch is there already. */
interface Resumed {
  type: "resumed";
  at: number;
  settings: RunSettings;
}

export interface Ended {
  type: "ended";
  at: number;
  status: "answered" | "stopped" | "failed" | "waiting";
  runId?: string;
  limit?: LimitName;
  error?: string;
  usage?: Usage;
  /** JSON of the answer and its status, in the store. */
  answerRef?: string;
}

/** A question of a thread, and what became of it. */
export interface Question {
  at: number;
  question: string;
  contexts?: ContextRef[];
  settings: RunSettings;
  /** Ids of its run: more than one where nothing was kept of the first. */
  runIds: string[];
  /** What was set when each of them began, by their ids. */
  ranUnder: Map<string, RunSettings["limits"]>;
  /** What it had taken when somebody went on with it. */
  usage?: Usage;
  /** Of the last time that somebody worked on it; absent while it runs, or where its process was killed. */
  end?: Ended;
}

/** All that is known of a thread: its questions, oldest first. */
export interface Thread {
  id: string;
  questions: Question[];
}

/** Throws InputError for what cannot be the id of a thread. */
export function checkThreadId(id: string, flag = "--thread"): void {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(id)) return;
  throw new InputError(
    `Expected ${flag} to be a name of letters, digits, ".", "_" and "-", at most 100, got ${JSON.stringify(id.slice(0, 100))}`,
  );
}

export async function readThread(store: RunStore, id: string): Promise<Thread> {
  const questions: Question[] = [];
  const thread = { id, questions };
  for (const entry of (await store.read(keyOf(id))) as ThreadEntry[]) {
    const last = questions.at(-1);
    if (entry.type === "asked") {
      dropUnbegun(thread);
      const { at, question, contexts, settings } = entry;
      questions.push({ at, question, ...(contexts && { contexts }), settings, runIds: [], ranUnder: new Map() });
    } else if (last === undefined) continue;
    else if (entry.type === "begun") {
      last.runIds.push(entry.runId);
      last.ranUnder.set(entry.runId, entry.limits ?? last.settings.limits);
    } else if (entry.type === "ended") last.end = entry;
    else {
      last.settings = entry.settings;
      if (last.end?.usage !== undefined) last.usage = last.end.usage;
      delete last.end;
    }
  }
  return thread;
}

/** Takes back a last question whose run never began: another one may take its place, for nothing is lost. */
export function dropUnbegun({ questions }: Thread): void {
  if (questions.at(-1)?.runIds.length === 0) questions.pop();
}

export async function addToThread(store: RunStore, id: string, entry: ThreadEntry): Promise<void> {
  await store.append(keyOf(id), entry);
}

/** The ids of all threads. */
export async function threadIds(store: RunStore): Promise<string[]> {
  return (await store.list(prefix)).map((key) => key.slice(prefix.length));
}

export async function deleteThreadLog(store: RunStore, id: string): Promise<void> {
  await store.delete(keyOf(id));
}

const prefix = "rlm-cli/threads/";

function keyOf(id: string): string {
  return `${prefix}${id}`;
}
