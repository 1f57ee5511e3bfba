import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/** How LangSmith's client sends runs: what the server offers in its `/info` decides. */
export type Wire = "json" | "multipart" | "gzip" | "zstd";

/** A run as LangSmith has it in the end: what was posted at its beginning, and what was patched at its end over that. */
export interface ReceivedRun {
  id: string;
  name: string;
  run_type: string;
  parent_run_id?: string;
  trace_id: string;
  dotted_order: string;
  end_time?: number | string;
  error?: string;
  inputs?: unknown;
  outputs?: unknown;
  extra?: { metadata?: Record<string, unknown> };
}

export interface LangSmithServer {
  url: string;
  /** As they are by now. */
  runs(): ReceivedRun[];
  /** All that was received, as text: what is not in it has not left this program. */
  text(): string;
  /** The kinds of bodies that were sent: path, media type, encoding. */
  bodies: Set<string>;
  close(): Promise<void>;
}

/** A server on loopback that speaks LangSmith's ingest: batches of plain JSON, and multipart, compressed as it was offered. */
export async function langSmithServer(wire: Wire): Promise<LangSmithServer> {
  const received: Received = { post: new Map(), patch: new Map() };
  const texts: string[] = [];
  const bodies = new Set<string>();
  const server = createServer((request, response) => {
    void (async () => {
      const { method, url = "", headers } = request;
      const answer = (body: unknown): void => {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
      };
      if (method === "GET") return answer(infoOf(wire));
      const encoding = headers["content-encoding"];
      const [type = ""] = (headers["content-type"] ?? "").split(";");
      bodies.add([url, type, encoding].filter(Boolean).join(" "));
      const body = await bodyOf(request, encoding);
      texts.push(body.toString());
      if (url === "/runs/batch") takeBatch(JSON.parse(body.toString()), received);
      else if (url === "/runs/multipart") takeParts(body, headers["content-type"] ?? "", received);
      else return void response.writeHead(404).end();
      return answer({});
    })().catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    runs: () => wholeRuns(received),
    text: () => texts.join("\n"),
    bodies,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function infoOf(wire: Wire): object {
  return {
    version: "0.12.0",
    batch_ingest_config: {
      use_multipart_endpoint: wire !== "json",
      scale_up_qsize_trigger: 1000,
      scale_up_nthreads_limit: 16,
      scale_down_nempty_trigger: 4,
      size_limit: 100,
      size_limit_bytes: 20_971_520,
    },
    instance_flags: { gzip_body_enabled: wire === "gzip", zstd_compression_enabled: wire === "zstd" },
  };
}

async function bodyOf(request: IncomingMessage, encoding: string | undefined): Promise<Buffer> {
  const body = await buffer(request);
  if (encoding === "gzip") return gunzipSync(body);
  return encoding === "zstd" ? zstdDecompressSync(body) : body;
}

/** By id; apart, for a run's patch may be here before its post: they are sent side by side. */
type Received = Record<"post" | "patch", Map<string, Partial<ReceivedRun>>>;

function wholeRuns({ post, patch }: Received): ReceivedRun[] {
  const ids = [...new Set([...post.keys(), ...patch.keys()])];
  return ids.map((id) => ({ ...post.get(id), ...patch.get(id) }) as ReceivedRun);
}

function takeBatch({ post = [], patch = [] }: { post?: ReceivedRun[]; patch?: ReceivedRun[] }, to: Received): void {
  for (const run of post) merge(run.id, run, to.post);
  for (const run of patch) merge(run.id, run, to.patch);
}

/** Parts are named `post.<id>` and `patch.<id>`, and their larger fields `post.<id>.inputs` and so on. */
function takeParts(body: Buffer, type: string, to: Received): void {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1];
  if (boundary === undefined) throw new Error(`no boundary in ${type}`);
  // JSON has its line breaks escaped, so none of it looks like a boundary.
  for (const part of body.toString().split(`--${boundary}`).slice(1, -1)) {
    const [head = "", ...rest] = part.split("\r\n\r\n");
    const [kind, id = "", field] = (/name="([^"]*)"/.exec(head)?.[1] ?? "").split(".");
    if (kind !== "post" && kind !== "patch") throw new Error(`a part that is named ${kind}`);
    const value: unknown = JSON.parse(rest.join("\r\n\r\n"));
    merge(id, field === undefined ? (value as ReceivedRun) : { [field]: value }, to[kind]);
  }
}

function merge(id: string, fields: Partial<ReceivedRun>, runs: Map<string, Partial<ReceivedRun>>): void {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  runs.set(id, { ...runs.get(id), ...Object.fromEntries(given) });
}
