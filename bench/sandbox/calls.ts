import { isolate, type Progress, type Session } from "rlm-core";
import { median, type Row } from "../measure.ts";
import { printed, sessionOptions } from "./session.ts";

const many = 1_000;
const goalUs = 60;

/** What the sandbox takes for sub-calls that are answered at once: from the code to the host and back. */
export async function calls(): Promise<Row[]> {
  const sandbox = isolate();
  const session = await sandbox.open(sessionOptions());
  const one = await median(5, () => answered(session, "for (let i = 0; i < 100; i++) await llm_query('p');"));
  const all = await median(5, () =>
    answered(session, `await Promise.all(Array.from({ length: ${many} }, (_, i) => llm_query('p' + i)));`),
  );
  const nothing = await median(5, () => answered(session, "0"));
  await session.close();
  await sandbox.close();
  const bare = await median(5, async () => {
    await Promise.all(Array.from({ length: many }, async (_, i) => await Promise.resolve(`p${i}`)));
  });
  const us = (value: number): string => `${(value * 1_000).toFixed(0)} µs`;
  return [
    {
      what: "a sub-call, one by one",
      ours: us((one - nothing) / 100),
      beside: "a resolved promise",
      bare: us(bare / many),
      result: "each",
    },
    {
      what: `a sub-call, ${many} at once`,
      ours: us((all - nothing) / many),
      beside: "Promise.all",
      bare: us(bare / many),
      result: `each (goal: at most ${goalUs} µs)`,
    },
  ];
}

async function answered(session: Session, code: string): Promise<void> {
  let progress: Progress = await session.run({ code, clock: 0 });
  while (progress.kind === "waiting") {
    const results = session.last.outstanding.map(({ id, hash }) => {
      return { id, hash, ok: true, value: { text: "a reply", json: false }, ref: "sha256:0" };
    });
    progress = await session.resume(results);
  }
  printed(progress);
}
