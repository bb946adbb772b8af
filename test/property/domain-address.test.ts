// Addresses: our text is the text that Node prints, for any spelling.

import { isIP, SocketAddress } from "node:net";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalIpv4, canonicalIpv6, ipv4Octets, ipv6Octets } from "#src/domain/address.ts";
import { anyIpv4, anyIpv6 } from "#test/support/arbitrary-names.ts";

test("canonicalIpv6 prints what a WHATWG URL prints", () => {
  fc.assert(
    fc.property(anyIpv6, (text) => {
      expect(`[${canonicalIpv6(text)}]`).toBe(new URL(`http://[${text}]/`).hostname);
    }),
    { numRuns: 1_000 },
  );
});

test("canonicalIpv6 is the address that the system's parser sees", () => {
  fc.assert(
    fc.property(anyIpv6, (text) => {
      const canonical = canonicalIpv6(text);
      expect(isIP(canonical)).toBe(6);
      expect(systemText(canonical)).toBe(systemText(text));
      expect(canonicalIpv6(canonical)).toBe(canonical);
    }),
    { numRuns: 1_000 },
  );
});

test("the octets of an IPv6 address are its groups, whatever the spelling", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
      const hex = [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
      const text = (hex.match(/.{4}/g) ?? []).join(":");
      expect(ipv6Octets(text)).toEqual(octets);
      expect(ipv6Octets(canonicalIpv6(text))).toEqual(octets);
      expect(ipv6Octets(systemText(text))).toEqual(octets);
    }),
  );
});

test("IPv4 text and octets say the same", () => {
  fc.assert(
    fc.property(anyIpv4, (text) => {
      expect(canonicalIpv4(text)).toBe(systemText(text));
      expect(ipv4Octets(text).join(".")).toBe(text);
    }),
  );
});

function systemText(address: string): string {
  return new SocketAddress({ address, family: isIP(address) === 4 ? "ipv4" : "ipv6" }).address;
}
