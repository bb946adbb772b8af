// Which ports a process of this machine has open, as the kernel tells it (proc(5), Linux only).

import { readdir, readFile, readlink } from "node:fs/promises";

export interface OpenPorts {
  /** Listening TCP ports. */
  readonly tcp: ReadonlySet<number>;
  /** Bound UDP ports. */
  readonly udp: ReadonlySet<number>;
}

/** State of a listening TCP socket, and of a UDP socket that is bound to no peer. */
const TCP_LISTEN = "0A";
const UDP_UNCONNECTED = "07";

export async function openPortsOf(pid: number): Promise<OpenPorts> {
  const inodes = await socketInodesOf(pid);
  const [tcp4, tcp6, udp4, udp6] = await Promise.all(
    ["tcp", "tcp6", "udp", "udp6"].map((table) => portsIn(pid, table, inodes)),
  );
  return { tcp: new Set([...tcp4!, ...tcp6!]), udp: new Set([...udp4!, ...udp6!]) };
}

async function socketInodesOf(pid: number): Promise<ReadonlySet<string>> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
}

async function portsIn(pid: number, table: string, inodes: ReadonlySet<string>): Promise<readonly number[]> {
  const [, ...rows] = (await readFile(`/proc/${pid}/net/${table}`, "utf8")).trimEnd().split("\n");
  return rows.flatMap((row) => {
    const [, local = "", , state, , , , , , inode = ""] = row.trim().split(/\s+/);
    const isOpen = state === (table.startsWith("tcp") ? TCP_LISTEN : UDP_UNCONNECTED);
    return isOpen && inodes.has(inode) ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
  });
}
