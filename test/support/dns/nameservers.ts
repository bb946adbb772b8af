// NSD and Knot as processes of a test's own: loopback only, a free port, a temporary folder, ended by their pid.

import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { queryUdp } from "./exchange.ts";
import { buildQuery } from "./packets.ts";

export interface Nameserver {
  readonly port: number;
  stop(): Promise<void>;
}

export interface ServedZone {
  readonly apex: string;
  /** Master file. */
  readonly text: string;
}

export async function startNsd(path: string, zones: readonly ServedZone[]): Promise<Nameserver> {
  return startNameserver(zones, ({ folder, port }) => ({
    command: [path, "-d", "-c", join(folder, "server.conf")],
    config: `
server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  minimal-responses: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zones.map(({ apex }) => `zone:\n  name: "${apex}"\n  zonefile: "${apex}.zone"`).join("\n")}
`,
  }));
}

export async function startKnot(path: string, zones: readonly ServedZone[]): Promise<Nameserver> {
  return startNameserver(zones, ({ folder, port }) => ({
    command: [path, "-c", join(folder, "server.conf")],
    config: `
server:
  rundir: "${folder}"
  listen: 127.0.0.1@${port}
database:
  storage: "${folder}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: "${folder}"
    file: "%s.zone"
    zonefile-sync: -1
    journal-content: none
zone:
${zones.map(({ apex }) => `  - domain: "${apex}"`).join("\n")}
`,
  }));
}

interface Place {
  readonly folder: string;
  readonly port: number;
}

async function startNameserver(
  zones: readonly ServedZone[],
  setup: (place: Place) => { readonly command: readonly string[]; readonly config: string },
): Promise<Nameserver> {
  const folder = await mkdtemp(join(tmpdir(), "zonegate-oracle-"));
  const port = await freePort();
  const { command, config } = setup({ folder, port });
  for (const { apex, text } of zones) await writeFile(join(folder, `${apex}.zone`), text);
  await writeFile(join(folder, "server.conf"), config);
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(String(chunk)));
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const { apex } of zones) await untilAnswering(child, { port, apex });
  } catch (error) {
    await stop();
    throw new Error(`${program} did not serve the zone: ${output.join("")}`, { cause: error });
  }
  return { port, stop };
}

/** Asks for the SOA until it is answered with data. */
async function untilAnswering(
  child: ChildProcess,
  { port, apex }: { readonly port: number; readonly apex: string },
): Promise<void> {
  const query = buildQuery({ id: 0, name: apex, type: "SOA" });
  for (let attempt = 0; attempt < 50; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
    const [reply] = await queryUdp(port, [query], 200).catch(() => []);
    if (reply?.[7] === 1) return;
    await delay(50);
  }
  throw new Error("no answer for the SOA");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}
