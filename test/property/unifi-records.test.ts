// Records of the console's two APIs: what the rules take is written with exactly its own fields and read back as it was, and no
// item of a list, however odd, makes the reader throw or becomes a record that somebody may change.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Parsed } from "#src/domain/parsed.ts";
import type { RecordType } from "#src/domain/record.ts";
import type { BackendRules, DesiredRecord } from "#src/providers/provider.ts";
import { decodePolicy, encodePolicy } from "#src/providers/unifi/policy-record.ts";
import { POLICY_RULES, STATIC_RULES } from "#src/providers/unifi/rules.ts";
import { decodeStatic, encodeStatic } from "#src/providers/unifi/static-record.ts";
import type { WireRecord } from "#src/providers/unifi/wire-record.ts";
import { TARGETS } from "#test/support/arbitrary-targets.ts";
import { name } from "#test/support/parsed.ts";

interface Api {
  readonly title: string;
  readonly rules: BackendRules;
  readonly idField: string;
  readonly encode: (record: DesiredRecord) => Parsed<object>;
  readonly decode: (item: unknown) => WireRecord;
}

const APIS: readonly Api[] = [
  { title: "dns/policies", rules: POLICY_RULES, idField: "id", encode: encodePolicy, decode: decodePolicy },
  { title: "static-dns", rules: STATIC_RULES, idField: "_id", encode: encodeStatic, decode: decodeStatic },
];
const TYPES: readonly RecordType[] = ["A", "AAAA", "CNAME", "MX", "SRV", "TXT"];

/** Names the console's DNS server could misread, and harmless ones. */
const label = fc.oneof(
  fc.stringMatching(/^[a-z0-9_]{1,12}$/),
  fc.constantFrom("_sip", "_tcp", "a,b", "a/b", "a b", "a#b", "ä", '"', "a-*", "*", "x".repeat(63)),
);
const owner = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
const simpleText = fc.oneof(
  fc.string({ maxLength: 400 }),
  fc.stringMatching(/^[ -~]{1,300}$/),
  fc.constant('"heritage=external-dns,external-dns/owner=home,external-dns/resource=ingress/default/app"'),
);
const content = fc.constantFrom(...TYPES).chain((type) =>
  fc.record({
    type: fc.constant(type),
    owner,
    target: type === "TXT" ? fc.oneof(TARGETS.TXT, simpleText) : TARGETS[type],
    ttlSeconds: fc.oneof(fc.constant(0), fc.nat(2_147_483_647)),
  }),
);

/** What AdjustEndpoints would let through; `undefined` for the rest. */
function wanted(rules: BackendRules, given: typeof content extends fc.Arbitrary<infer T> ? T : never) {
  const parsedName = name(given.owner.replaceAll(/[ "]/g, "-"));
  const target = rules.canonicalTarget(given.type, given.target);
  if (!target.ok || rules.refuseName(parsedName, given.type) !== undefined) return undefined;
  const ttlSeconds = rules.effectiveTtlSeconds(given.ttlSeconds, given.type);
  return { name: parsedName, type: given.type, target: target.value, ttlSeconds };
}

describe.each(APIS)("$title", ({ rules, idField, encode, decode }) => {
  test("what the rules take is read back as it was written", () => {
    let written = 0;
    fc.assert(
      fc.property(content, (given) => {
        const record = wanted(rules, given);
        if (record === undefined) return;
        const body = encode(record);
        expect(body).toMatchObject({ ok: true });
        if (!body.ok) return;
        written += 1;
        const { wireId, isServed, isOurs, ...read } = decode({ ...body.value, [idField]: "id-1" });
        expect(read).toEqual(record);
        expect({ wireId, isServed, isOurs }).toEqual({ wireId: "id-1", isServed: true, isOurs: true });
      }),
      { numRuns: 1_000 },
    );
    expect(written).toBeGreaterThan(100);
  });

  test("what is written has no character that could end a configuration line or begin another field", () => {
    fc.assert(
      fc.property(content, (given) => {
        const record = wanted(rules, given);
        const body = record === undefined ? undefined : encode(record);
        if (body?.ok !== true) return;
        for (const [field, value] of Object.entries(body.value)) {
          const isText = field === "text" || (field === "value" && record?.type === "TXT");
          expect(String(value)).toMatch(isText ? /^(?:"[^"\\]*"|[^",\\#]*)$/ : /^[A-Za-z0-9_.*:-]*$/);
          expect(String(value)).toMatch(/^[\x20-\x7e]*$/);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("the rules are at rest after one pass", () => {
    fc.assert(
      fc.property(content, (given) => {
        const record = wanted(rules, given);
        if (record === undefined) return;
        const again = wanted(rules, { ...record, owner: record.name, ttlSeconds: record.ttlSeconds ?? 0 });
        expect(again).toEqual(record);
      }),
    );
  });

  test("any JSON is read to a record, and only what is whole may be changed", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), oddItem), (item) => {
        const { isOurs, type } = decode(item);
        expect(!isOurs || (rules.types as ReadonlySet<string>).has(type)).toBe(true);
        expect(!isOurs || (item as { enabled?: unknown }).enabled !== undefined).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

const odd = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) });
const oddType = fc.constantFrom("A", "A_RECORD", "TXT_RECORD", "TXT", "SRV", "NS", "FORWARD", "CAA_RECORD", "SOA", "");
const oddItem = fc.record(
  {
    id: odd(fc.string()),
    _id: odd(fc.string()),
    type: odd(oddType),
    record_type: odd(oddType),
    enabled: odd(fc.boolean()),
    domain: odd(owner),
    key: odd(owner),
    value: odd(fc.string()),
    ipv4Address: odd(fc.ipV4()),
    text: odd(fc.string()),
    ttl: odd(fc.nat()),
    ttlSeconds: odd(fc.nat()),
    metadata: odd(fc.constant({ origin: "SYSTEM_DEFINED" })),
  },
  { requiredKeys: [] },
);
