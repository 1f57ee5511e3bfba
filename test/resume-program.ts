// Run by test/resume.test.ts in a process of its own: begins the job, or resumes it, and hangs at the n-th question, for the
// test to kill it there. Each question is a line in the file `counts`.
import { appendFileSync } from "node:fs";
import { resumeRlm, runRlm, type Model, type Tool } from "rlm-core";
import { trajectoryWriter } from "rlm-core/trajectory";
import { context, jobLimits, replyTo } from "./resume-job.ts";

const [how, trajectory = "", counts = "", hangsAt = ""] = process.argv.slice(2);
let asked = 0;

const model: Model = async (messages, options) => {
  const { name, text } = replyTo(messages, options);
  appendFileSync(counts, `${name}\n`);
  if (++asked === Number(hangsAt)) {
    console.log("hangs");
    await new Promise(() => setInterval(() => {}, 1_000));
  }
  return { text, usage: { inputTokens: 10, outputTokens: 5 } };
};
const look: Tool = {
  name: "look",
  description: "Looks.",
  parameters: { type: "object" },
  maxCalls: 1,
  run: async () => {
    appendFileSync(counts, "tool\n");
    return "looked";
  },
};
const options = { model, tools: [look] };

async function run() {
  if (how === "resume") return await resumeRlm({ trajectory, context }, options);
  const writer = trajectoryWriter(trajectory);
  return await runRlm({ query: "q", context }, { ...options, limits: jobLimits, onEvent: writer.onEvent });
}

const { answer, status, usage } = await run();
console.log(`ended ${JSON.stringify({ answer, status, calls: usage.calls })}`);
