// Random DNS names and addresses for property tests.

import * as fc from "fast-check";
import { type DomainName, MAX_NAME_OCTETS, nameFromLabels } from "#src/domain/name.ts";
import { valueOf } from "#test/support/parsed.ts";

/** Any label DNS can carry: 1 to 63 octets of any value. */
const anyLabel = fc.uint8Array({ minLength: 1, maxLength: 63 });

/** Labels of any name DNS can carry: at most 255 octets on the wire. */
export const anyLabels = fc.array(anyLabel, { maxLength: 127 }).map((labels) => {
  const kept: Uint8Array[] = [];
  let octets = 1;
  for (const label of labels) {
    octets += label.length + 1;
    if (octets > MAX_NAME_OCTETS) break;
    kept.push(label);
  }
  return kept;
});

export const anyName: fc.Arbitrary<DomainName> = anyLabels.map((labels) => valueOf(nameFromLabels(labels)));

/** Names of few short labels from a small alphabet, so that they often lie below one another. */
export const closeName: fc.Arbitrary<DomainName> = fc
  .array(fc.constantFrom("a", "b", "ab", "xn--tda", "*"), { minLength: 1, maxLength: 4 })
  .map((labels) => valueOf(nameFromLabels(labels.map((label) => new TextEncoder().encode(label)))));

export const anyIpv4 = fc.ipV4();

/** Every spelling: full or shortened, any case, leading zeros, embedded IPv4. */
export const anyIpv6: fc.Arbitrary<string> = fc.oneof(
  fc.ipV6(),
  // Zeros are rare in random groups and are what the shortening is about.
  fc
    .array(fc.constantFrom("0", "00", "0000", "1", "0a", "FFFF"), { minLength: 8, maxLength: 8 })
    .map((g) => g.join(":")),
  fc
    .tuple(fc.array(fc.constantFrom("0", "ffff", "64"), { minLength: 6, maxLength: 6 }), anyIpv4)
    .map(([groups, ipv4]) => `${groups.join(":")}:${ipv4}`),
);
