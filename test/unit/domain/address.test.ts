// IP addresses in one text form each, and their octets.

import { describe, expect, test } from "vitest";
import { canonicalIpv4, canonicalIpv6, ipv4Octets, ipv6Octets } from "#src/domain/address.ts";

describe("canonicalIpv6 writes RFC 5952", () => {
  test.each([
    ["§4.1 no leading zeros", "2001:0db8::0001", "2001:db8::1"],
    ["§4.2.1 shortened as far as possible", "2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["§4.2.2 not for one group", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["§4.2.2 not even when it came so", "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["§4.2.3 the longest run", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["§4.2.3 the first of two equal runs", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["§4.3 lower case", "2001:DB8::ABCD", "2001:db8::abcd"],
    ["unspecified", "0:0:0:0:0:0:0:0", "::"],
    ["loopback", "0:0:0:0:0:0:0:1", "::1"],
    ["zeros at the end", "fe80:0:0:0:0:0:0:0", "fe80::"],
    ["embedded IPv4 in groups, as a URL prints it", "::ffff:192.0.2.1", "::ffff:c000:201"],
    ["embedded IPv4 after six groups", "64:ff9b:0:0:0:0:192.0.2.33", "64:ff9b::c000:221"],
  ])("%s", (_rule, text, canonical) => {
    expect(canonicalIpv6(text)).toBe(canonical);
  });
});

test("canonicalIpv4 keeps dotted decimal", () => {
  expect(canonicalIpv4("192.0.2.1")).toBe("192.0.2.1");
});

test("octets stand in network order", () => {
  expect([...ipv4Octets("192.0.2.1")]).toEqual([192, 0, 2, 1]);
  expect([...ipv6Octets("2001:db8::ff00:192.0.2.1")]).toEqual([
    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0xff, 0x00, 192, 0, 2, 1,
  ]);
});
