// Asks the real dnsmasq whether it would start with a configuration; touches no file and opens no port.

import { spawnSync } from "node:child_process";
import { findPeer } from "#test/support/peers.ts";

export interface RealVerdict {
  readonly starts: boolean;
  readonly output: string;
}

const TIMEOUT_MS = 10_000;

/** Undefined when dnsmasq is not installed. */
export function checkWithDnsmasq(configuration: string): RealVerdict | undefined {
  const program = findPeer("dnsmasq");
  if (program === undefined) return undefined;
  const { status, stderr } = spawnSync(program, ["--test", "--conf-file=-"], {
    input: configuration,
    encoding: "utf8",
    timeout: TIMEOUT_MS,
  });
  return { starts: status === 0, output: stderr };
}
