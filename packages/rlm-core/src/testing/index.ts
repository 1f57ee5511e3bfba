export { scriptedModel } from "./scripted-model.ts";
export type { ScriptedModel, ScriptedModelOptions, ScriptedReply } from "./scripted-model.ts";
export { scriptedSandbox } from "./scripted-sandbox.ts";
export type {
  Given,
  ScriptedCall,
  ScriptedEnd,
  ScriptedSandbox,
  ScriptedSession,
  ScriptedStep,
} from "./scripted-sandbox.ts";
export { storeLaws } from "./store-laws.ts";
export type { StoreLaw } from "./store-laws.ts";
export { cacheLaws } from "./cache-laws.ts";
export type { CacheLaw } from "./cache-laws.ts";
export { sandboxLaws } from "./sandbox-laws.ts";
export type { SandboxLaw } from "./laws/law.ts";
export { hostileLaws } from "./hostile/hostile-laws.ts";
export { hostilePrograms } from "./hostile/hostile-programs.ts";
export { contain } from "./hostile/contain.ts";
export type { HostileEnd, HostileFamily, HostileProgram } from "./hostile/program.ts";
