import { afterEach, describe, expect, it } from "vitest";
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
afterEach(async () => {
  setEnvironment(before);
  await Promise.all(sandboxes.splice(0).map((sandbox) => sandbox.close?.()));
});

describe("isolate() gives the same variables in three fresh processes, whatever the environment:", () => {
  for (const [name, each] of Object.entries(determinismCases)) {
    it(`open() replays ${name}`, async () => {
      const test = testSession("one two three");
      const live = await freshSession(test, each);
      let shown = "";
      for (const block of each.blocks) shown = (await test.drive(live, block, answers(each))).output.text;
      expect(shown.trimEnd()).toMatch(each.prints);
      const expected = { ...(await live.inspect()), digest: live.digest };
      for (const environment of environments) {
        setEnvironment(environment);
        const replayed = await freshSession(test, each, [...test.journal]);
        expect({ ...(await replayed.inspect()), digest: replayed.digest }).toEqual(expected);
      }
    });
  }
});

async function freshSession(
  test: TestSession,
  { limits }: DeterminismCase,
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
