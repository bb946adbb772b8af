// Which of several addresses lie in a client's own network: he reaches them without a router.

import { isIP } from "node:net";
import { ipv4Octets, ipv6Octets } from "#src/domain/address.ts";
import { type Network, withoutZone } from "./network.ts";

export interface Nearness {
  /** For addresses as octets, 4 or 16; finds the client's network when it is first asked, which most answers never do. */
  to(client: string): (address: Uint8Array) => boolean;
}

interface Prefix {
  readonly octets: Uint8Array;
  readonly length: number;
}

/** Of several networks that a client lies in, the smallest counts. */
export function createNearness(networks: readonly Network[]): Nearness {
  const prefixes = networks
    .flatMap(({ address, prefixLength }): readonly Prefix[] => {
      const octets = addressOctets(address);
      return octets === undefined ? [] : [{ octets, length: prefixLength }];
    })
    .sort((a, b) => b.length - a.length);
  return {
    to: (client) => {
      let own: Prefix | "none" | undefined;
      return (address) => {
        own ??= networkOf(client, prefixes) ?? "none";
        return own !== "none" && isIn(address, own);
      };
    },
  };
}

function networkOf(client: string, prefixes: readonly Prefix[]): Prefix | undefined {
  const octets = addressOctets(withoutZone(client));
  return octets === undefined ? undefined : prefixes.find((prefix) => isIn(octets, prefix));
}

function addressOctets(address: string): Uint8Array | undefined {
  const family = isIP(address);
  if (family === 4) return ipv4Octets(address);
  return family === 6 ? ipv6Octets(address) : undefined;
}

function isIn(address: Uint8Array, { octets, length }: Prefix): boolean {
  if (address.length !== octets.length) return false;
  const whole = length >> 3;
  for (let index = 0; index < whole; index += 1) if (address[index] !== octets[index]) return false;
  const rest = length & 7;
  return rest === 0 || (((address[whole] ?? 0) ^ (octets[whole] ?? 0)) & (0xff << (8 - rest)) & 0xff) === 0;
}
