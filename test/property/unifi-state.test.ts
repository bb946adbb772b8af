// The state validator of the provider `unifi` against what it guards: for generated sets of records it must say "refused"
// exactly where `dnsmasq --test` refuses the configuration that they make.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DomainName } from "#src/domain/name.ts";
import type { StateRecord } from "#src/providers/provider.ts";
import { refuseState } from "#src/providers/unifi/state-rules.ts";
import { describeWithPeer } from "#test/support/peers.ts";

/** `npm run test:unifi-states` is the whole proof; fewer in the ordinary run. */
const STATES = Number(process.env["UNIFI_STATES"] ?? 300);
/** One start of dnsmasq for each state, on a loaded machine. */
const TIMEOUT_MS = 60_000 + STATES * 500;

const LONG_LABEL = "x".repeat(64);
const LONGEST_LABEL = "y".repeat(63);

/** Few names, so that aliases meet. */
const names = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom("a.x", "b.x", "c.x", "d.x", "e.x", "f.x", "g.y", "h.y", "i", "a.b.x") },
  { weight: 4, arbitrary: fc.constantFrom("*.x", "*.y", `${LONGEST_LABEL}.x`, "_s._tcp.x", "a-*.x", "1.2.3.4") },
  { weight: 1, arbitrary: fc.constantFrom(`${LONG_LABEL}.x`, `a.${LONG_LABEL}`) },
);
const numbers = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(0, 1, 443, 65_535) },
  { weight: 1, arbitrary: fc.constantFrom(65_536, 99_999) },
);
const targets: Readonly<Record<string, fc.Arbitrary<string>>> = {
  A: fc.constantFrom("10.0.0.1", "10.0.0.2"),
  AAAA: fc.constantFrom("fd00::1", "fd00::2"),
  CNAME: names,
  MX: fc.tuple(numbers, names).map(([priority, host]) => `${priority} ${host}`),
  SRV: fc.tuple(numbers, numbers, numbers, names).map((fields) => fields.join(" ")),
  TXT: fc.constantFrom('"plain"', '"with, comma"', '"v=spf1 -all"', '"say \\"hi\\""', '"a\\\\b # c"'),
  FORWARD_DOMAIN: fc.constantFrom("10.0.0.53", "fd00::53"),
};
const record: fc.Arbitrary<StateRecord> = fc
  .constantFrom("A", "AAAA", "CNAME", "CNAME", "CNAME", "MX", "SRV", "TXT", "FORWARD_DOMAIN")
  .chain((type) =>
    fc.record({
      type: fc.constant(type),
      name: names.map((name) => name as DomainName),
      target: targets[type] ?? fc.constant(""),
      enabled: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    }),
  );
const state = fc.array(record, { minLength: 1, maxLength: 8 });

describeWithPeer("dnsmasq", "the state validator", (dnsmasq) => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zonegate-dnsmasq-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test(`judges ${STATES} states as dnsmasq does`, { timeout: TIMEOUT_MS }, async () => {
    const seen = { refused: 0, loaded: 0 };
    await fc.assert(
      fc.asyncProperty(state, async (records) => {
        const loads = await loadsIn(dnsmasq, join(folder, "records.conf"), records);
        seen[loads ? "loaded" : "refused"] += 1;
        expect(refuseState(records) === undefined).toBe(loads);
      }),
      { numRuns: STATES },
    );
    // A generator that makes only one kind of state would prove nothing.
    expect(Math.min(seen.refused, seen.loaded)).toBeGreaterThan(STATES / 10);
  });
});

async function loadsIn(dnsmasq: string, path: string, records: readonly StateRecord[]): Promise<boolean> {
  const lines = records.filter(({ enabled }) => enabled).map(render);
  await writeFile(path, `${lines.join("\n")}\n`);
  return new Promise((resolve) => {
    execFile(dnsmasq, ["--test", `--conf-file=${path}`], (error) => resolve(error === null));
  });
}

/** As the console writes its records out (facts: unifi.md 4.3). */
function render({ name, type, target }: StateRecord): string {
  const [first = "", second = "", third = "", fourth = ""] = target.split(" ");
  switch (type) {
    case "A":
    case "AAAA":
      return name.startsWith("*.") ? `address=/${name}/${target}` : `host-record=${name},${target}`;
    case "CNAME":
      return `cname=${name},${target}`;
    case "MX":
      return `mx-host=${name},${second},${first}`;
    case "SRV":
      return `srv-host=${name},${fourth},${third},${first},${second}`;
    case "TXT":
      return `txt-record=${name},${target}`;
    default:
      return `server=/${name}/${target}`;
  }
}
