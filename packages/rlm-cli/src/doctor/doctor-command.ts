import { Command } from "commander";
import { activeLayers, isolate, type Layer } from "rlm-core";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { write } from "../write.ts";
import { describeHealth, type Health } from "./describe-health.ts";
import { trySandbox } from "./try-sandbox.ts";

/** `rlm doctor`: whether the sandbox works here, and what confines it. Ends with 1 where no sandbox starts. */
export function doctorCommand(io: Io, ended: (code: number) => void): Command {
  return new Command("doctor")
    .description(
      "Says whether the sandbox works on this machine, which layers confine its processes, and what that means.",
    )
    .summary("says what confines the sandbox on this machine")
    .option("--json", "one JSON object: node, v8, platform, works, problem, layers")
    .allowExcessArguments(false)
    .addHelpText("after", help)
    .action(async ({ json }: { json?: true }) => {
      const health = await examine();
      await write(io.stdout, json === true ? `${JSON.stringify(health)}\n` : describeHealth(health));
      ended(health.works ? exitCodes.answered : exitCodes.failed);
    });
}

async function examine(): Promise<Health> {
  const [layers, tried]: [Layer[], Awaited<ReturnType<typeof trySandbox>>] = [
    await activeLayers(),
    await trySandbox(isolate({ warm: 0 })),
  ];
  const { node, v8 } = process.versions;
  return { node, v8, platform: `${process.platform} ${process.arch}`, ...tried, layers };
}

const help = `
Every layer is used where the system has it. A program that has to have one says so, and no session opens without it:
  isolate({ require: ["no-network", "resource-limits"] })

Exit codes:
  0 a sandbox starts   1 none does`;
