// What the validator and the emulator's model say of the states in random lives, said by the real dnsmasq: it starts with every
// one that a console held between two steps, whatever failed.

import { expect, test } from "vitest";
import { checkWithDnsmasq } from "#test/fakes/unifi-console/dnsmasq-check.ts";
import { renderConfiguration } from "#test/fakes/unifi-console/dnsmasq-model.ts";
import type { Commit, FakeRecord } from "#test/fakes/unifi-console/records.ts";
import { createConsoleCertificate, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { inMemory, type Reach } from "./lives/reach.ts";
import { SEQUENCE_APIS, type SequenceApi } from "./lives/unifi-consoles.ts";
import { liveOverUnifi } from "./lives/unifi-life.ts";

/** For each API. `npm run test:unifi-states` is the long run (docs/reliability.md). */
const COUNT = Number(process.env["UNIFI_LOADABLE_SEQUENCES"] ?? "1");
const FIRST_SEED = Number(process.env["UNIFI_SEED"] ?? "1");
/** Some sixty starts of dnsmasq, on a loaded machine. */
const SLOWEST_LIFE_MS = 15_000;

describeWithPeer("dnsmasq", "every state of a random life", () => {
  const timeout = 60_000 + COUNT * SLOWEST_LIFE_MS;
  test.each(SEQUENCE_APIS)(
    `%s: is loaded by dnsmasq, in ${COUNT} lives from seed ${FIRST_SEED}`,
    { timeout },
    async (api) => {
      const seen = new Set<string>();
      const refused: string[] = [];
      for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed += 1) {
        for (const configuration of await configurationsOf(api, seed)) {
          if (seen.has(configuration)) continue;
          seen.add(configuration);
          const verdict = checkWithDnsmasq(configuration);
          if (verdict?.starts !== true) refused.push(`seed ${seed}: ${verdict?.output}\n${configuration}`);
        }
      }
      console.info(`states of random lives, ${api}`, { sequences: COUNT, states: seen.size, refused: refused.length });
      expect(refused).toEqual([]);
      expect(seen.size).toBeGreaterThan(COUNT * 10);
    },
  );
});

async function configurationsOf(api: SequenceApi, seed: number): Promise<readonly string[]> {
  const consoles: UnifiConsole[] = [];
  const reach: Reach = async (...how) => {
    const reachable = await inMemory(...how);
    consoles.push(reachable.console);
    return reachable;
  };
  await liveOverUnifi(seed, { api, reach, certificate: CERTIFICATE });
  return consoles.flatMap((console) => statesAfter(console.commits()));
}

const CERTIFICATE = createConsoleCertificate();

/** One text for each set of records, in whichever order they came. */
function statesAfter(commits: readonly Commit[]): readonly string[] {
  const records = new Map<string, FakeRecord>();
  return commits.map(({ before, after }) => {
    if (before !== undefined) records.delete(before.objectId);
    if (after !== undefined) records.set(after.objectId, after);
    return renderConfiguration([...records.values()])
      .split("\n")
      .sort()
      .join("\n")
      .trimStart()
      .concat("\n");
  });
}
