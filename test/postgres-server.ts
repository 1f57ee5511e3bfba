import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A real Postgres in a temporary folder, on a socket in it. */
export interface PostgresServer {
  /** The address of a database of it; "postgres" is there from the beginning. */
  url(database?: string): string;
  /** Kills it, as a machine would that loses power; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and socket. */
  start(): Promise<void>;
  /** Ends it and removes all of it. */
  stop(): Promise<void>;
}

/** The folder of Postgres' programs; undefined, and said, where there is none. */
export function postgresPrograms(): string | undefined {
  const installed = globSync("/usr/lib/postgresql/*/bin").sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  const folders = [...installed, ...(process.env.PATH ?? "").split(delimiter)];
  const found = folders.find((folder) => ["initdb", "postgres"].every((name) => existsSync(join(folder, name))));
  // Of tests that are skipped only the number is shown.
  if (found === undefined)
    console.warn("Skipped: there is no Postgres on this machine, neither in /usr/lib/postgresql nor on PATH");
  return found;
}

/** Starts a Postgres that dies with this process, however that ends. */
export async function startPostgres(programs: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "rlm-pg-"));
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const options = { ...user, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: "C" } };
  execFileSync(
    join(programs, "initdb"),
    ["--pgdata", data, "--username=rlm", "--auth=trust", "--encoding=UTF8", "--no-sync"],
    { ...options, stdio: ["ignore", "ignore", "pipe"] },
  );
  let server = await startServer();
  return {
    url: (database = "postgres") => `postgres:///${database}?user=rlm&host=${encodeURIComponent(folder)}`,
    kill: async () => await end("kill"),
    async start() {
      server = await startServer();
    },
    async stop() {
      if (server.exitCode === null) await end("stop");
      rmSync(folder, { recursive: true, force: true });
    },
  };

  async function startServer(): Promise<ChildProcess> {
    const settings = ["fsync=off", "full_page_writes=off", "listen_addresses=", `unix_socket_directories=${folder}`];
    const args = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
    const child = spawn("sh", ["-c", keeper, folder, join(programs, "postgres"), ...args], {
      ...options,
      detached: true,
      stdio: ["pipe", "ignore", "pipe"],
    });
    await new Promise<void>((ready, fail) => {
      let said = "";
      child.stderr.on("data", (bytes: Buffer) => {
        said += String(bytes);
        if (said.includes("ready to accept connections")) ready();
      });
      child.once("exit", () => fail(new Error(`Cannot start Postgres: ${said}`)));
    });
    return child;
  }

  async function end(how: "kill" | "stop"): Promise<void> {
    const ended = new Promise<void>((done) => server.once("exit", () => done()));
    server.stdin?.end(`${how}\n`);
    await ended;
  }
}

// Waits for a word, or for the end of the pipe, which comes when the process that holds it is gone. Then the folder goes too.
const keeper = `
  "$@" <&- &
  read -r word
  case $word in
    kill) kill -QUIT $!; wait $!;;
    stop) kill -INT $!; wait $!;;
    *) kill -QUIT $!; wait $!; rm -rf "$0";;
  esac
`;
