// fast-check generators of targets: for every record type, texts that it takes, in some spelling.

import * as fc from "fast-check";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordType } from "#src/domain/record.ts";
import { formatText } from "#src/domain/text.ts";
import { anyIpv4, anyIpv6, anyName } from "#test/support/arbitrary-names.ts";

const host = anyName.map((name: DomainName) => (name === "" ? "." : name));
const uint16 = fc.nat(65_535).map(String);
const characterString = fc.uint8Array({ maxLength: 255 }).map(formatText);

const portValue = fc.nat(65_535).map((port) => `port=${port}`);
const alpnValue = fc.subarray(["h2", "h3", "http/1.1"], { minLength: 1 }).map((ids) => `alpn="${ids.join(",")}"`);
const hintValue = fc.array(anyIpv6, { minLength: 1, maxLength: 3 }).map((hints) => `ipv6hint=${hints.join(",")}`);
const https = fc
  .tuple(fc.integer({ min: 1, max: 65_535 }), host, fc.tuple(portValue, alpnValue, hintValue), fc.subarray([0, 1, 2]))
  .map(([priority, target, values, kept]) => [priority, target, ...kept.map((index) => values[index])].join(" "));

/** A target every type takes, in some spelling. */
export const TARGETS: Readonly<Record<RecordType, fc.Arbitrary<string>>> = {
  A: anyIpv4,
  AAAA: anyIpv6,
  CNAME: host,
  NS: host,
  PTR: host,
  TXT: fc.oneof(
    fc.string({ unit: "binary" }).filter((text) => !text.includes('"')),
    fc.uint8Array({ maxLength: 600 }).map(formatText),
  ),
  MX: fc.tuple(uint16, host).map((fields) => fields.join(" ")),
  SRV: fc.tuple(uint16, uint16, uint16, host).map((fields) => fields.join(" ")),
  NAPTR: fc
    .tuple(uint16, uint16, characterString, characterString, characterString, host)
    .map((fields) => fields.join(" ")),
  CAA: fc
    .tuple(
      fc.nat(255),
      fc.constantFrom("issue", "IssueWild", "iodef"),
      fc.uint8Array({ maxLength: 600 }).map(formatText),
    )
    .map((fields) => fields.join(" ")),
  HTTPS: https,
};
