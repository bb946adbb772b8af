// Names of addresses turned round (RFC 1035 §3.5, RFC 3596 §2.5), and the zones that hold those of a range.

import { isIP } from "node:net";
import { ipv4Octets, ipv6Octets } from "#src/domain/address.ts";
import { type DomainName, isAtOrBelow } from "#src/domain/name.ts";

interface Family {
  readonly suffix: DomainName;
  /** What one label stands for: an octet, or four bits. */
  readonly bitsPerLabel: number;
  labelText(value: number): string;
}

const IPV4: Family = { suffix: "in-addr.arpa" as DomainName, bitsPerLabel: 8, labelText: (value) => String(value) };
const IPV6: Family = { suffix: "ip6.arpa" as DomainName, bitsPerLabel: 4, labelText: (value) => value.toString(16) };

/** `192.0.2.1` is `1.2.0.192.in-addr.arpa`. `address` is canonical text (`domain/address.ts`). */
export function reverseName(address: string): DomainName {
  const { family, values } = valuesOf(address);
  return nameOf(family, values);
}

/** True for a name under which addresses are turned round. */
export function isReverseName(name: DomainName): boolean {
  return isAtOrBelow(name, IPV4.suffix) || isAtOrBelow(name, IPV6.suffix);
}

/**
 * The zones that together hold exactly the addresses of a range: one where its length falls between labels (IPv4 8, 16, 24;
 * IPv6 every four bits), else up to 128 (IPv4) or 8 (IPv6) smaller ones. Bits after the prefix do not matter.
 */
export function reverseApexes(address: string, prefixLength: number): readonly DomainName[] {
  const { family, values } = valuesOf(address);
  const labels = Math.ceil(prefixLength / family.bitsPerLabel);
  const choices = 2 ** (labels * family.bitsPerLabel - prefixLength);
  const last = values[labels - 1] ?? 0;
  const base = last - (last % choices);
  return Array.from({ length: choices }, (_, index) => {
    const head = values.slice(0, Math.max(0, labels - 1));
    return nameOf(family, labels === 0 ? [] : [...head, base + index]);
  });
}

function valuesOf(address: string): { readonly family: Family; readonly values: readonly number[] } {
  if (isIP(address) === 4) return { family: IPV4, values: [...ipv4Octets(address)] };
  return { family: IPV6, values: [...ipv6Octets(address)].flatMap((octet) => [octet >> 4, octet & 0xf]) };
}

function nameOf(family: Family, values: readonly number[]): DomainName {
  return [...values.map((value) => family.labelText(value)).reverse(), family.suffix].join(".") as DomainName;
}
