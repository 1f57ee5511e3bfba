import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

export const layerNames = [
  "child-process",
  "permission",
  "no-network",
  "no-privileges",
  "dies-with-parent",
  "resource-limits",
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
}

/** What confines the sandbox's processes on this system. Probed once, by running each tool on a program that does nothing. */
export async function activeLayers(): Promise<Layer[]> {
  const { unshare, setpriv, prlimit } = await confinementTools();
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
    layer(
      "no-network",
      unshare,
      "a network namespace with no way out",
      "unshare",
      "code that breaks out of the isolate could reach the network (Node 24's permission model does not stop it)",
    ),
    layer(
      "no-privileges",
      setpriv,
      "it can gain no privileges, and has none of root's",
      "setpriv",
      "code that breaks out of the isolate has the rights of the user that runs this, root's too",
    ),
    layer(
      "dies-with-parent",
      setpriv,
      "the kernel ends it when its parent dies, however that dies",
      "setpriv",
      "a sandbox that computes when its parent is killed by SIGKILL lives on until its code comes to an end",
    ),
    layer(
      "resource-limits",
      prlimit,
      "the kernel bounds its memory and its open files, and writes no core dumps",
      "prlimit",
      "its memory is bounded by V8 and by its parent's looks alone, and may be over the bound between two looks",
    ),
  ];
}

let probed: Promise<Tools> | undefined;

/** Finds the tools, once a process. */
export function confinementTools(): Promise<Tools> {
  return (probed ??= probe());
}

/** The command that runs `command` confined. The order matters: a change of credentials clears the parent-death signal, so `setpriv` comes after `unshare`. */
export function confine({ unshare, setpriv, prlimit }: Tools, dataMb: number, command: string[]): string[] {
  return [
    ...(unshare === undefined ? [] : [unshare, ...unshareFlags]),
    // Inside its own user namespace the child counts as root: it gives up what root may do.
    ...(setpriv === undefined ? [] : [setpriv, ...setprivFlags, ...(unshare === undefined ? [] : dropRoot)]),
    ...(prlimit === undefined ? [] : [prlimit, `--data=${dataMb * 1_000_000}`, ...prlimitFlags]),
    ...command,
  ];
}

const unshareFlags = ["--user", "--net", "--map-root-user"];
const setprivFlags = ["--no-new-privs", "--pdeathsig", "KILL"];
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
  const [program, ...rest] = confine(tools, 2_000, [nothing]);
  return (await works(program, rest)) ? tools : {};
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

function layer(
  name: LayerName,
  tool: string | undefined,
  purpose: string,
  program: keyof Tools,
  without: string,
): Layer {
  return tool === undefined
    ? { name, active: false, purpose, without, remedy: remedy(program) }
    : { name, active: true, purpose };
}

function remedy(program: keyof Tools): string {
  if (process.platform !== "linux") return `run on Linux with ${program} (util-linux)`;
  const install = `install ${program} (util-linux; on Alpine \`apk add util-linux-misc setpriv\`)`;
  return program === "unshare"
    ? `${install} and allow user namespaces (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns=0; in a container a seccomp profile with unshare)`
    : install;
}
