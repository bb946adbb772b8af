// IP networks as settings write them ("10.0.0.0/8", "fd00::/8", a bare address), and sets of them to look addresses up in.
// Knows nothing of what a set is for.

import { BlockList, isIP } from "node:net";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** Plain data: it travels to the worker in a message. */
export interface Network {
  /** Any address of the network; bits after the prefix do not matter. */
  readonly address: string;
  readonly prefixLength: number;
  readonly family: "ipv4" | "ipv6";
}

export interface NetworkSet {
  /** `address` as sockets report it: a zone id (`fe80::1%eth0`) or an IPv4-mapped form is understood. */
  has(address: string): boolean;
}

/** Reads a network in CIDR notation; a bare address is a network of one. */
export function parseNetwork(text: string): Parsed<Network> {
  const [address = "", prefix, ...rest] = text.trim().split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes("%")) return unparsable(`"${text}" is not an IP network`);
  const maxPrefixLength = version === 4 ? 32 : 128;
  const prefixLength = prefix === undefined ? maxPrefixLength : decimal(prefix);
  if (prefixLength === undefined || prefixLength > maxPrefixLength) {
    return unparsable(`"${text}": the prefix length must be a number from 0 to ${maxPrefixLength}`);
  }
  return parsed({ address, prefixLength, family: version === 4 ? "ipv4" : "ipv6" });
}

/** Overlapping networks are fine; an empty set holds nobody. */
export function createNetworkSet(networks: readonly Network[]): NetworkSet {
  const list = new BlockList();
  for (const { address, prefixLength, family } of networks) list.addSubnet(address, prefixLength, family);
  return {
    has: (address) => list.check(withoutZone(address), address.includes(":") ? "ipv6" : "ipv4"),
  };
}

/** `fe80::1` for `fe80::1%eth0`; any other address as it is. */
export function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone === -1 ? address : address.slice(0, zone);
}

function decimal(text: string): number | undefined {
  return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}
