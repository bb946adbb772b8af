// The servers that are measured: which files each reads for the same zone, and how it is started with one worker on one port.

import { fileURLToPath } from "node:url";
import { knotConfig, nsdConfig } from "#test/support/dns/nameserver-config.ts";
import { findPeer } from "#test/support/peers.ts";
import { APEX, type Host, NAMESERVER_ADDRESS, NEGATIVE_TTL_SECONDS, TTL_SECONDS } from "../workload.ts";
import type { CaseName } from "./cases.ts";

interface Place {
  readonly folder: string;
  readonly port: number;
  /** For whatever a server listens on beside DNS. */
  readonly otherPort: number;
}

export interface Setup {
  /** Contents by file name inside the folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

export interface Server {
  readonly name: string;
  /** What it can be measured in. */
  readonly cases: readonly CaseName[];
  /** False for the echo, which knows no zone. */
  readonly answers: boolean;
  setup(place: Place, hosts: readonly Host[]): Setup;
}

export const ZONEGATE = "Zonegate";

/** Those that are installed, and a sentence for each one that is not. */
export function installedServers(): { readonly servers: readonly Server[]; readonly missing: readonly string[] } {
  const servers: Server[] = [zonegate(), echo()];
  const missing: string[] = [];
  for (const { program, name, create } of PEERS) {
    const path = findPeer(program);
    if (path === undefined) missing.push(`${name}: ${program} is not installed; left out`);
    else servers.push(create(path));
  }
  return { servers, missing };
}

const PEERS = [
  { program: "nsd", name: "NSD", create: nsd },
  { program: "knotd", name: "Knot", create: knot },
  { program: "dnsmasq", name: "dnsmasq", create: dnsmasq },
] as const;

/** The real process with a settings file, as `npm start` runs it. */
function zonegate(): Server {
  return {
    name: ZONEGATE,
    cases: ["udp", "edns", "tcp"],
    answers: true,
    setup: ({ folder, port, otherPort }, hosts) => ({
      files: { "zonegate.yaml": zonegateSettings({ port, otherPort }, hosts) },
      command: [process.execPath, sibling("../../src/main.ts"), "serve", "--config", `${folder}/zonegate.yaml`],
    }),
  };
}

function zonegateSettings({ port, otherPort }: Omit<Place, "folder">, hosts: readonly Host[]): string {
  return `
version: 1
mode: resolver
log: { level: warn }
dns: { listen: [127.0.0.1], port: ${port}, ttlSeconds: ${TTL_SECONDS}, negativeTtlSeconds: ${NEGATIVE_TTL_SECONDS} }
ops: { host: 127.0.0.1, port: ${otherPort} }
shutdown: { lameDuckSeconds: 0 }
zones:
  - { apex: ${APEX}, nameservers: [{ name: ns1.${APEX}, addresses: [${NAMESERVER_ADDRESS}] }] }
records:
${hosts.map(({ name, address }) => `  - { name: ${name}, type: A, targets: ${address} }`).join("\n")}
`;
}

/** What node:dgram costs when nothing is looked up: the bound of every server on it. */
function echo(): Server {
  return {
    name: "node:dgram echo",
    cases: ["udp"],
    answers: false,
    setup: ({ port }) => ({ files: {}, command: [process.execPath, sibling("./echo.ts"), String(port)] }),
  };
}

const BENCH_ZONE = { apex: APEX, file: "zone.txt" } as const;

function nsd(path: string): Server {
  return {
    name: "NSD",
    cases: ["udp", "edns", "tcp"],
    answers: true,
    setup: ({ folder, port }, hosts) => ({
      files: {
        [BENCH_ZONE.file]: zoneFile(hosts),
        "nsd.conf": nsdConfig({ folder, port }, [BENCH_ZONE]),
      },
      command: [path, "-d", "-c", `${folder}/nsd.conf`],
    }),
  };
}

function knot(path: string): Server {
  return {
    name: "Knot",
    cases: ["udp", "edns", "tcp"],
    answers: true,
    setup: ({ folder, port }, hosts) => ({
      files: {
        [BENCH_ZONE.file]: zoneFile(hosts),
        "knot.conf": knotConfig({ folder, port }, [BENCH_ZONE]),
      },
      command: [path, "-c", `${folder}/knot.conf`],
    }),
  };
}

/** Not over TCP: it ends every connection after 100 queries, which no setting changes, so that the load is mostly connecting. */
function dnsmasq(path: string): Server {
  return {
    name: "dnsmasq",
    cases: ["udp", "edns"],
    answers: true,
    setup: ({ folder, port }, hosts) => ({
      files: { hosts: hosts.map(({ name, address }) => `${address} ${name}\n`).join("") },
      command: [
        path,
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        `--pid-file=${folder}/dnsmasq.pid`,
        `--port=${port}`,
        "--listen-address=127.0.0.1",
        "--bind-interfaces",
        "--user=",
        "--no-resolv",
        "--no-hosts",
        `--addn-hosts=${folder}/hosts`,
        `--local=/${APEX}/`,
        `--local-ttl=${TTL_SECONDS}`,
      ],
    }),
  };
}

function zoneFile(hosts: readonly Host[]): string {
  return `
$TTL ${TTL_SECONDS}
${APEX}. SOA ns1.${APEX}. hostmaster.${APEX}. 1 3600 600 604800 ${NEGATIVE_TTL_SECONDS}
${APEX}. NS ns1.${APEX}.
ns1.${APEX}. A ${NAMESERVER_ADDRESS}
${hosts.map(({ name, address }) => `${name}. A ${address}`).join("\n")}
`;
}

function sibling(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
