// Rdata as text: whatever was encoded from a canonical target reads as that target again, and no octets make it throw.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeRdata } from "#src/dns/wire/rdata.ts";
import { rdataText, typeText } from "#src/dns/wire/rdata-text.ts";
import { RECORD_TYPE_NUMBER, TYPE } from "#src/dns/wire/registry.ts";
import { encodeSoa } from "#src/dns/wire/soa.ts";
import { RECORD_TYPES } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { TARGETS } from "#test/support/arbitrary-targets.ts";
import { nameOf } from "#test/support/dns/records.ts";
import { valueOf } from "#test/support/parsed.ts";

describe.each(RECORD_TYPES)("%s", (type) => {
  test("encoded targets read as their canonical text", () => {
    fc.assert(
      fc.property(TARGETS[type], (text) => {
        const target = valueOf(canonicalTarget(type, text));
        const rdata = encodeRdata(type, target);
        fc.pre(rdata.ok);
        expect(rdataText(RECORD_TYPE_NUMBER[type], valueOf(rdata))).toBe(target);
      }),
      { numRuns: 200 },
    );
  });

  test("any octets give some text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
        expect(rdataText(RECORD_TYPE_NUMBER[type], octets)).not.toBe("");
      }),
      { numRuns: 200 },
    );
  });
});

test("every HTTPS parameter reads as it was written", () => {
  const text =
    '1 svc.example.com mandatory="alpn,port" alpn="h2,h3" no-default-alpn port="8443" ipv4hint="192.0.2.1,192.0.2.2" ech="AAEC" ipv6hint="2001:db8::1" dohpath="/q{?dns}"';
  const canonical = valueOf(canonicalTarget("HTTPS", text));
  expect(rdataText(TYPE.HTTPS, valueOf(encodeRdata("HTTPS", canonical)))).toBe(canonical);
});

test("an SOA reads as zone files have it", () => {
  const soa = {
    primary: nameOf("ns1.example.com"),
    hostmaster: nameOf("hostmaster.example.com"),
    refreshSeconds: 3600,
    retrySeconds: 600,
    expireSeconds: 604_800,
    negativeTtlSeconds: 30,
  };
  expect(rdataText(TYPE.SOA, encodeSoa(soa, 7))).toBe("ns1.example.com hostmaster.example.com 7 3600 600 604800 30");
});

test("a type without a reader, and rdata that is cut off, stand as RFC 3597 writes them", () => {
  expect(rdataText(65_280, Uint8Array.of(1, 255))).toBe("\\# 2 01ff");
  expect(rdataText(TYPE.A, Uint8Array.of(192, 0, 2))).toBe("\\# 3 c00002");
  expect(rdataText(TYPE.AAAA, new Uint8Array(0))).toBe("\\# 0");
  expect([typeText(TYPE.CAA), typeText(65_280)]).toEqual(["CAA", "TYPE65280"]);
});
