// The real UniFi store and the engine under faults, against the emulated console over TLS: what engine-faults.test.ts shows of
// the engine alone, here with both of the console's APIs, reboots, upgrades, and the gateway's dnsmasq as a judge.

import { describe, expect, test } from "vitest";
import { createConsoleCertificate } from "#test/fakes/unifi-console/unifi-console.ts";
import { runUnifiSequence, SEQUENCE_FAULTS } from "./unifi-sequence.ts";
import type { SequenceApi } from "./unifi-sequence-consoles.ts";

/** For each API. `npm run test:unifi-sequences` is the long run (docs/reliability.md). */
const SEQUENCES = Number(process.env["UNIFI_SEQUENCES"] ?? "12");
const FIRST_SEED = Number(process.env["UNIFI_SEED"] ?? "1");
/** Far above what a sequence takes on a loaded machine. */
const TIMEOUT_MS = 60_000 + SEQUENCES * 6_000;

const APIS: readonly SequenceApi[] = [
  "dns/policies",
  "static-dns",
  "static-dns by login",
  "static-dns without checks by login",
];

describe.each(APIS)("%s", (api) => {
  const title = `${SEQUENCES} random sequences from seed ${FIRST_SEED}, ${SEQUENCE_FAULTS * 100} % of the requests failing`;
  test(`${title}: nothing lost, foreign or twice, dnsmasq always starts`, { timeout: TIMEOUT_MS }, async () => {
    const certificate = createConsoleCertificate();
    const total = {
      syncs: 0,
      requests: 0,
      writes: 0,
      commits: 0,
      reloads: 0,
      faults: 0,
      deaths: 0,
      reboots: 0,
      logins: 0,
    };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEQUENCES; seed += 1) {
      const { violations, ...counts } = await runUnifiSequence(seed, { api, certificate });
      expect(violations, `seed ${seed}`).toEqual([]);
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += counts[key];
    }
    console.info(`unifi under faults, ${api}`, { sequences: SEQUENCES, ...total });
    // A run in which little happened would prove nothing.
    expect(total.faults).toBeGreaterThan(SEQUENCES * 10);
    expect(total.commits).toBeGreaterThan(SEQUENCES * 10);
    expect(total.reloads).toBeGreaterThan(SEQUENCES * 5);
  });
});
