// Who may ask: an authoritative server for a LAN that answers the whole Internet is a tool for reflection attacks (BCP 140).
// Knows addresses only; what a stranger is told is made in dns/.

import { createNetworkSet, type Network, type NetworkSet } from "./network.ts";

/** What may ask without any setting (docs/decisions.md 15). */
const PRIVATE_NETWORKS: readonly Network[] = [
  { address: "10.0.0.0", prefixLength: 8, family: "ipv4" }, // RFC 1918
  { address: "172.16.0.0", prefixLength: 12, family: "ipv4" }, // RFC 1918
  { address: "192.168.0.0", prefixLength: 16, family: "ipv4" }, // RFC 1918
  { address: "100.64.0.0", prefixLength: 10, family: "ipv4" }, // RFC 6598, carrier-grade NAT and overlay networks
  { address: "169.254.0.0", prefixLength: 16, family: "ipv4" }, // RFC 3927, link-local
  { address: "127.0.0.0", prefixLength: 8, family: "ipv4" },
  { address: "fc00::", prefixLength: 7, family: "ipv6" }, // RFC 4193, unique local
  { address: "fe80::", prefixLength: 10, family: "ipv6" }, // RFC 4291, link-local
  { address: "::1", prefixLength: 128, family: "ipv6" },
];

export interface AccessListOptions {
  /** Prefixes of our own links, so that LAN clients with global IPv6 addresses are served. */
  readonly onLink: readonly Network[];
  /** From the settings: further networks that may ask. */
  readonly allowed: readonly Network[];
}

/** The set of addresses that are answered; everybody else is refused. */
export function createAccessList(options: AccessListOptions): NetworkSet {
  return createNetworkSet([...PRIVATE_NETWORKS, ...options.onLink, ...options.allowed]);
}
