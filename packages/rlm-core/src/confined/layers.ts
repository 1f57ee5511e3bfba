import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { childrenOf } from "./process-tree.ts";

export const layerNames = [
  "child-process",
  "permission",
  "no-network",
  "no-processes",
  "no-privileges",
  "dies-with-parent",
  "resource-limits",
  "no-new-files",
] as const;
export type LayerName = (typeof layerNames)[number];

/** One way in which the child process is confined. */
export interface Layer {
  name: LayerName;
  /** Whether this system has it. */
  active: boolean;
  /** What it does for you. */
  purpose: string;
  /** If it is not active: what that means, and what to do to get it. */
  without?: string;
  remedy?: string;
}

/** Where the tools are that confine a child; undefined where there is none or the system refuses what it should do. */
export interface Tools {
  unshare?: string;
  setpriv?: string;
  prlimit?: string;
  /** Whether `unshare` can give it processes of its own. */
  ownProcesses?: boolean;
  /** Whether `prlimit` can take from it, once it runs, that it may open anything. */
  seals?: boolean;
}

/** What confines the sandbox's processes on this system. Probed once, by running each tool on a program that does nothing. */
export async function activeLayers(): Promise<Layer[]> {
  const { unshare, setpriv, prlimit, ownProcesses, seals } = await confinementTools();
  return [
    {
      name: "child-process",
      active: true,
      purpose: "every session has a process of its own, with an empty environment, which the parent can kill",
    },
    {
      name: "permission",
      active: true,
      purpose: "Node's permission model: no files but its own, no processes, no workers",
    },
    layer("no-network", unshare),
    layer("no-processes", ownProcesses === true ? unshare : undefined),
    layer("no-privileges", setpriv),
    layer("dies-with-parent", setpriv),
    layer("resource-limits", prlimit),
    layer("no-new-files", seals === true ? prlimit : undefined),
  ];
}

let probed: Promise<Tools> | undefined;

/** Finds the tools, once a process. */
export function confinementTools(): Promise<Tools> {
  return (probed ??= probe());
}

/**
 * The command that runs `command` confined. The order matters: a change of credentials clears the parent-death signal, so
 * `setpriv` comes after `unshare`; and a process gets its own process ids only by a fork, of which both sides have to end with this program.
 */
export function confine(
  { unshare, setpriv, prlimit, ownProcesses = false }: Tools,
  dataMb: number,
  command: string[],
): string[] {
  const fork = ownProcesses && unshare !== undefined;
  return [
    ...(unshare === undefined ? [] : [unshare, ...unshareFlags]),
    ...(fork && setpriv !== undefined ? [setpriv, ...deathFlags] : []),
    ...(prlimit === undefined ? [] : [prlimit, `--data=${dataMb * 1_000_000}`, ...prlimitFlags]),
    ...(fork ? [unshare, ...forkFlags] : []),
    // Inside its own user namespace the child counts as root: it gives up what root may do.
    ...(setpriv === undefined ? [] : [setpriv, ...setprivFlags, ...(unshare === undefined ? [] : dropRoot)]),
    ...command,
  ];
}

/** Takes from a confined process that runs that it may open anything more, what its code may not and what breaks out of that. Rejects if it is gone. */
export async function seal({ prlimit, seals }: Tools, pid: number): Promise<void> {
  if (prlimit === undefined || seals !== true) return;
  const [inner = pid] = childrenOf(pid);
  if (!(await works(prlimit, ["--pid", String(inner), "--nofile=0"])))
    throw new Error("the kernel's limit on its files could not be set");
}

const unshareFlags = ["--user", "--net", "--ipc", "--map-root-user"];
const forkFlags = ["--pid", "--fork", "--kill-child"];
const deathFlags = ["--pdeathsig", "KILL"];
const setprivFlags = ["--no-new-privs", ...deathFlags];
const dropRoot = ["--bounding-set=-all", "--inh-caps=-all"];
const prlimitFlags = ["--core=0", "--nofile=64"];

async function probe(): Promise<Tools> {
  // All three are Linux programs; a tool of the same name elsewhere is something else.
  if (process.platform !== "linux") return {};
  const [unshare, setpriv, prlimit, nothing] = await Promise.all([
    find("unshare"),
    find("setpriv"),
    find("prlimit"),
    find("true"),
  ]);
  if (nothing === undefined) return {};
  const [mayUnshare, maySetpriv, mayPrlimit] = await Promise.all([
    works(unshare, [...unshareFlags, nothing]),
    works(setpriv, [...setprivFlags, nothing]),
    works(prlimit, [...prlimitFlags, nothing]),
  ]);
  const tools = { ...(mayUnshare && { unshare }), ...(maySetpriv && { setpriv }), ...(mayPrlimit && { prlimit }) };
  // Each alone may be allowed and all of them together not.
  if (!(await worksConfined(tools, nothing))) return {};
  // Who watches and ends it has to find it behind the process that forked it.
  const forks = { ...tools, ownProcesses: true };
  const ownProcesses = mayUnshare && canSeeChildren() && (await worksConfined(forks, nothing));
  const found = { ...tools, ownProcesses };
  return { ...found, seals: await canSeal(found) };
}

async function worksConfined(tools: Tools, nothing: string): Promise<boolean> {
  const [program, ...rest] = confine(tools, 2_000, [nothing]);
  return await works(program, rest);
}

function canSeeChildren(): boolean {
  return existsSync(`/proc/${process.pid}/task/${process.pid}/children`);
}

/** Tries it on a process that only waits. */
async function canSeal(tools: Tools): Promise<boolean> {
  const [program = "", ...args] = confine(tools, 2_000, [(await find("cat")) ?? ""]);
  const waiting = spawn(program, args, { env: {}, stdio: ["pipe", "pipe", "ignore"] });
  waiting.on("error", () => {});
  try {
    // What comes back shows that all of the chain has been passed.
    waiting.stdin.on("error", () => {}).write("ready");
    const { done } = await waiting.stdout[Symbol.asyncIterator]().next();
    if (done === true) return false;
    await seal({ ...tools, seals: true }, waiting.pid ?? 0);
    return tools.prlimit !== undefined;
  } catch {
    return false;
  } finally {
    waiting.kill("SIGKILL");
  }
}

// The child's environment has no PATH, so the parent finds the tools.
async function find(name: string): Promise<string | undefined> {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/bin", "/usr/sbin", "/sbin"]) {
    if (folder === "") continue;
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

function works(program: string | undefined, args: string[]): Promise<boolean> {
  if (program === undefined) return Promise.resolve(false);
  return new Promise((resolve) =>
    execFile(program, args, { timeout: 5_000, env: {} }, (error) => resolve(error === null)),
  );
}

type Program = "unshare" | "setpriv" | "prlimit";

const fromTools: Record<
  Exclude<LayerName, "child-process" | "permission">,
  { program: Program; purpose: string; without: string }
> = {
  "no-network": {
    program: "unshare",
    purpose: "a network namespace with no way out",
    without:
      "code that breaks out of the isolate could reach the network (Node 24's permission model does not stop it)",
  },
  "no-processes": {
    program: "unshare",
    purpose: "it sees no process but itself, so it can signal no other",
    without: "code that breaks out of the isolate could signal its parent and every process of its user",
  },
  "no-privileges": {
    program: "setpriv",
    purpose: "it can gain no privileges, and has none of root's",
    without: "code that breaks out of the isolate has the rights of the user that runs this, root's too",
  },
  "dies-with-parent": {
    program: "setpriv",
    purpose: "the kernel ends it when its parent dies, however that dies",
    without: "a sandbox that computes when its parent is killed by SIGKILL lives on until its code comes to an end",
  },
  "resource-limits": {
    program: "prlimit",
    purpose: "the kernel bounds its memory and its open files, and writes no core dumps",
    without: "its memory is bounded by V8 and by its parent's looks alone, and may be over the bound between two looks",
  },
  "no-new-files": {
    program: "prlimit",
    purpose: "once it has started, the kernel lets it open nothing: no file, no socket, no library",
    without:
      "code that breaks out of the isolate could connect to sockets in the file system, and write files by node:sqlite",
  },
};

function layer(name: keyof typeof fromTools, tool: string | undefined): Layer {
  const { program, purpose, without } = fromTools[name];
  return tool === undefined
    ? { name, active: false, purpose, without, remedy: remedy(program) }
    : { name, active: true, purpose };
}

function remedy(program: Program): string {
  if (process.platform !== "linux") return `run on Linux with ${program} (util-linux)`;
  const install = `install ${program} (util-linux; on Alpine \`apk add util-linux-misc setpriv\`)`;
  return program === "unshare"
    ? `${install} and allow user namespaces (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns=0; in a container a seccomp profile with unshare)`
    : install;
}
