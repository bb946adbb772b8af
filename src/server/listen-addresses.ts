// Turns listen settings into the concrete addresses to bind: a UDP socket bound to a wildcard answers from whatever source
// address the route suggests, and a client on a multi-homed host drops an answer that comes from another address than it asked.

import type { NetworkInterfaceInfo } from "node:os";
import { type Network, parseNetwork } from "./network.ts";

/** One setting: an IP address, or the wildcard of a family; port 0 asks the system for a free one. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
  /** Whoever asks here gets this view's answers; absent: the client's network decides. */
  readonly view?: string;
}

/** What stands behind one setting: all its addresses share one port, for UDP and TCP. */
export interface ListenGroup extends Pick<ListenAddress, "port" | "view"> {
  readonly addresses: readonly string[];
  /** A named address must be there; one found through a wildcard may have gone since. */
  readonly origin: "named" | "wildcard";
}

/** As `os.networkInterfaces()` returns it. */
export type Interfaces = Readonly<Partial<Record<string, readonly NetworkInterfaceInfo[]>>>;

const WILDCARD_FAMILY: ReadonlyMap<string, NetworkInterfaceInfo["family"]> = new Map([
  ["0.0.0.0", "IPv4"],
  ["::", "IPv6"],
]);

/** Concrete addresses for each setting, in order, without duplicates; a family without any address gives an empty group. */
export function expandListenAddresses(
  listen: readonly ListenAddress[],
  interfaces: Interfaces,
): readonly ListenGroup[] {
  return listen.map(({ address, ...rest }) => {
    const family = WILDCARD_FAMILY.get(address);
    if (family === undefined) return { ...rest, addresses: [address], origin: "named" };
    return { ...rest, addresses: [...new Set(localAddresses(interfaces, family))], origin: "wildcard" };
  });
}

/** The prefixes of all our links, for the access list. */
export function onLinkNetworks(interfaces: Interfaces): readonly Network[] {
  return Object.values(interfaces)
    .flatMap((entries) => entries ?? [])
    .flatMap(({ cidr }) => {
      const network = parseNetwork(cidr ?? "");
      return network.ok ? [network.value] : [];
    });
}

function localAddresses(interfaces: Interfaces, family: NetworkInterfaceInfo["family"]): readonly string[] {
  return Object.entries(interfaces).flatMap(([name, entries]) =>
    (entries ?? []).filter((entry) => entry.family === family).map((entry) => bindable(name, entry)),
  );
}

/** A link-local IPv6 address means nothing without its link (RFC 4007 §11). */
function bindable(interfaceName: string, { address }: NetworkInterfaceInfo): string {
  const isLinkLocal = /^fe[89ab]/i.test(address);
  return isLinkLocal ? `${address}%${interfaceName}` : address;
}
