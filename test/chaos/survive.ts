import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { answer, calls } from "./job.ts";
import { killAndResume, type Chaos } from "./kill-and-resume.ts";

/** Runs jobs until so many kills have fallen, expects of each that it comes to its end as if nothing had been, and returns the kills. */
export async function survive(
  kills: number,
  seed: number,
  place: (folder: string, id: string) => Pick<Chaos, "driver" | "place">,
): Promise<number> {
  const random = randomFrom(seed);
  const folder = await mkdtemp(join(tmpdir(), "rlm-chaos-"));
  try {
    let fallen = 0;
    for (let job = 1; fallen < kills; job++) {
      const id = `job-${seed}-${job}`;
      const own = await mkdtemp(join(folder, "job-"));
      const where = place(own, id);
      const survived = await killAndResume({ ...where, id, folder: own, random, maxKills: kills - fallen });
      fallen += survived.kills;
      const { cuts, asked, inFlight } = survived;
      console.log(
        `${where.driver} ${id}: ${survived.kills} kills${cuts > 0 ? ` and ${cuts} cut lines` : ""}, ${asked.length} requests for ${calls} calls, ${survived.calls} charged, at most ${inFlight} in flight at a kill`,
      );
      expect(survived).toMatchObject({ answer, status: "final", sessions: 5 });
      expect(survived).toMatchObject({ paidTwice: [], unexplained: [], orphans: [] });
      expect(new Set(asked).size).toBe(calls);
      // What was in flight at a kill may have been paid, so it is charged.
      expect(survived.calls + survived.uncharged).toBeGreaterThanOrEqual(asked.length);
    }
    return fallen;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Numbers in [0, 1): the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
