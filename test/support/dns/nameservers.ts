// NSD and Knot as processes of a test's own: loopback only, a free port, a temporary folder, ended by their pid.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freeUdpPort } from "#test/support/free-port.ts";
import { queryUdp } from "./exchange.ts";
import { knotConfig, type NameserverPlace, nsdConfig } from "./nameserver-config.ts";
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

/** Ports that turn out to be taken, for TCP perhaps, before a server is given up. */
const MAX_PORT_CHOICES = 3;

export async function startNsd(path: string, zones: readonly ServedZone[]): Promise<Nameserver> {
  return startNameserver(zones, (place) => ({
    command: [path, "-d", "-c", join(place.folder, CONFIG_FILE)],
    config: nsdConfig(place, zones.map(fileOf)),
  }));
}

export async function startKnot(path: string, zones: readonly ServedZone[]): Promise<Nameserver> {
  return startNameserver(zones, (place) => ({
    command: [path, "-c", join(place.folder, CONFIG_FILE)],
    config: knotConfig(place, zones.map(fileOf)),
  }));
}

const CONFIG_FILE = "server.conf";

function fileOf({ apex }: ServedZone): { readonly apex: string; readonly file: string } {
  return { apex, file: `${apex}.zone` };
}

type Setup = (place: NameserverPlace) => { readonly command: readonly string[]; readonly config: string };

async function startNameserver(zones: readonly ServedZone[], setup: Setup): Promise<Nameserver> {
  for (let choice = 1; ; choice += 1) {
    try {
      return await startOnFreePort(zones, setup);
    } catch (error) {
      if (choice === MAX_PORT_CHOICES) throw error;
    }
  }
}

async function startOnFreePort(zones: readonly ServedZone[], setup: Setup): Promise<Nameserver> {
  const folder = await mkdtemp(join(tmpdir(), "zonegate-oracle-"));
  const port = await freeUdpPort();
  const { command, config } = setup({ folder, port });
  for (const zone of zones) await writeFile(join(folder, fileOf(zone).file), zone.text);
  await writeFile(join(folder, CONFIG_FILE), config);
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
