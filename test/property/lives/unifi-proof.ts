// The real UniFi store and the engine under faults: what engine-faults.test.ts shows of the engine alone, here with both of the
// console's APIs, reboots, upgrades, and the gateway's dnsmasq as a judge.

import { describe, expect, test } from "vitest";
import { createConsoleCertificate } from "#test/fakes/unifi-console/unifi-console.ts";
import { FAULT_SHARE } from "./life.ts";
import { liveAll, tooQuiet } from "./prove.ts";
import type { Reach } from "./reach.ts";
import type { SequenceApi } from "./unifi-consoles.ts";
import { liveOverUnifi } from "./unifi-life.ts";

export interface UnifiProof {
  readonly api: SequenceApi;
  readonly reach: Reach;
  readonly count: number;
  /** Far above what a life takes on a loaded machine. */
  readonly slowestLifeMs: number;
}

const FIRST_SEED = Number(process.env["UNIFI_SEED"] ?? "1");

export function proveUnifi({ api, reach, count, slowestLifeMs }: UnifiProof): void {
  describe(`through ${api}`, () => {
    const title = `${count} random sequences from seed ${FIRST_SEED}, ${FAULT_SHARE * 100} % of the requests failing`;
    const timeout = 60_000 + count * slowestLifeMs;
    test(`${title}: nothing lost, foreign or twice, dnsmasq always starts, all comes to rest`, {
      timeout,
    }, async () => {
      const certificate = createConsoleCertificate();
      const live = (seed: number): ReturnType<typeof liveOverUnifi> => liveOverUnifi(seed, { api, reach, certificate });
      const lives = await liveAll(live, { title: `unifi under faults, ${api}`, first: FIRST_SEED, count });
      expect(lives.violated).toEqual({});
      expect(tooQuiet(lives, count, { faults: 10, commits: 10, loaded: 5 })).toEqual([]);
    });
  });
}
