import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkWithDnsmasq } from "#test/fakes/unifi-console/dnsmasq-check.ts";
import { judgeConfiguration, renderConfiguration } from "#test/fakes/unifi-console/dnsmasq-model.ts";
import type { FakeRecord } from "#test/fakes/unifi-console/records.ts";
import { describeWithPeer } from "#test/support/peers.ts";

describeWithPeer("dnsmasq", "the model of dnsmasq", () => {
  const RUNS = 150;
  const TIMEOUT_MS = 60_000;

  test(
    "gives the verdict of dnsmasq --test on any set of records",
    () => {
      const counts = { starts: 0, refused: 0 };
      fc.assert(
        fc.property(fc.array(arbitraryRecord(), { maxLength: 6 }), (records) => {
          const { starts } = judgeConfiguration(records);
          const configuration = renderConfiguration(records);
          const real = checkWithDnsmasq(configuration);
          expect(starts, `${configuration}${real?.output}`).toBe(real?.starts);
          counts[starts ? "starts" : "refused"]++;
        }),
        { numRuns: RUNS },
      );
      // A generator that makes only one kind would prove nothing.
      expect(Math.min(counts.starts, counts.refused)).toBeGreaterThan(RUNS / 10);
    },
    TIMEOUT_MS,
  );
});

/** Few names, so that aliases meet; some too long, some numbers too large. */
function arbitraryRecord(): fc.Arbitrary<FakeRecord> {
  const common = ["a.x", "A.x", "b.x", "c.x", "_s._tcp.x", "*.a.x"];
  const name = fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...common) }, fc.constant(`${"l".repeat(64)}.x`));
  const number = fc.oneof({ weight: 30, arbitrary: fc.integer({ min: 0, max: 65_535 }) }, fc.constant(65_536));
  const text = fc.oneof(
    fc.constantFrom("plain", '"a,b"', "a,b", 'a"b', "c\\d", "#no comment", '"'),
    fc.string({ minLength: 1, unit: "grapheme-ascii" }),
  );
  const type = fc.constantFrom<FakeRecord["type"]>("A", "AAAA", "CNAME", "CNAME", "CNAME", "MX", "NS", "SRV", "TXT");
  return fc
    .record({
      type,
      name,
      target: name,
      text,
      priority: number,
      weight: number,
      port: number,
      ttlSeconds: fc.constantFrom(0, 60),
      enabled: fc.boolean(),
    })
    .map(({ target, text, ...record }) => ({
      ...record,
      data: dataOf(record.type, target, text),
      uuid: null,
      objectId: "",
      origin: "USER_DEFINED",
      oddity: undefined,
    }));
}

function dataOf(type: FakeRecord["type"], target: string, text: string): string {
  if (type === "TXT") return text;
  if (type === "AAAA") return "2001:db8::1";
  return type === "A" || type === "NS" ? "10.0.0.1" : target;
}
