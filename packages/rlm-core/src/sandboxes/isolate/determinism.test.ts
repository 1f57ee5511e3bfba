import { afterAll, describe, expect, it } from "vitest";
import type { Sandbox, Session, SubCall } from "../../sandbox.ts";
import { isolate } from "./isolate.ts";
import { determinismCases, type DeterminismCase } from "./testing/determinism-cases.ts";
import { testSession, type TestSession } from "./testing/test-session.ts";

// What the parent's environment might be; none of it may reach the code.
const environments = [
  {},
  { TZ: "Asia/Seoul", LANG: "de_DE.UTF-8", LC_ALL: "tr_TR.UTF-8" },
  { TZ: "America/St_Johns", LANG: "ko_KR.UTF-8", LC_ALL: undefined, LANGUAGE: "ar", NODE_ICU_DATA: "/nowhere" },
];

const before = { ...process.env };
const sandboxes: Sandbox[] = [];
afterAll(async () => {
  setEnvironment(before);
  await Promise.all(sandboxes.map((sandbox) => sandbox.close?.()));
});

type Named = readonly (readonly [name: string, each: DeterminismCase])[];
const all: Named = Object.entries(determinismCases);
// Processes are dear: what needs no session of its own shares one, and so each case also sees what others left.
const isPlain = ({ limits, shuffled }: DeterminismCase): boolean => limits === undefined && shuffled !== true;
const groups: Named[] = [
  all.filter(([, each]) => isPlain(each)),
  ...all.filter(([, each]) => !isPlain(each)).map((one) => [one]),
];

describe("isolate() gives the same variables in three fresh processes, whatever the environment:", () => {
  for (const group of groups) {
    let run: ReturnType<typeof runGroup> | undefined;
    for (const [name, { prints }] of group) {
      it(`open() replays ${name}`, async () => {
        const { live, replays, shown } = await (run ??= runGroup(group));
        expect(shown.get(name)).toMatch(prints);
        for (const replay of replays) expect(replay).toEqual(live);
      });
    }
  }
});

type Seen = Awaited<ReturnType<Session["inspect"]>> & { digest: string };

async function runGroup(group: Named): Promise<{ live: Seen; replays: Seen[]; shown: Map<string, string> }> {
  const test = testSession("one two three");
  const { limits } = group[0]?.[1] ?? {};
  const session = await freshSession(test, limits);
  const shown = new Map<string, string>();
  for (const [name, each] of group) {
    for (const block of each.blocks) {
      const { output, error } = await test.drive(session, block, answers(each));
      shown.set(name, `${output.text.trimEnd()}${error?.kind === "thrown" ? error.message : ""}`);
    }
  }
  const replays: Seen[] = [];
  for (const environment of environments) {
    setEnvironment(environment);
    replays.push(await look(await freshSession(test, limits, [...test.journal])));
  }
  setEnvironment(before);
  return { live: await look(session), replays, shown };
}

async function look(session: Session): Promise<Seen> {
  return { ...(await session.inspect()), digest: session.digest };
}

async function freshSession(
  test: TestSession,
  limits: DeterminismCase["limits"],
  history: TestSession["journal"] = [],
): Promise<Session> {
  const sandbox = isolate({ warm: 0 });
  sandboxes.push(sandbox);
  return await sandbox.open(test.options({ history, ...(limits && { limits }) }));
}

function answers({ shuffled = false }: DeterminismCase): (call: SubCall) => string | undefined {
  let asked = 0;
  return ({ prompt }) => (shuffled && asked++ % 5 < 3 ? undefined : `re: ${prompt}`);
}

function setEnvironment(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}
