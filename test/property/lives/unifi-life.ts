// One random life over an emulated console.

import type { ServerCertificate } from "#test/fakes/unifi-console/certificate.ts";
import type { Switches } from "#test/fakes/unifi-console/profiles.ts";
import { createRandom } from "#test/support/random.ts";
import { type LifeResult, liveIn } from "./life.ts";
import type { Reach } from "./reach.ts";
import { type SequenceApi, sequenceConsole } from "./unifi-consoles.ts";
import { UnifiWorld } from "./unifi-world.ts";

export interface UnifiLifeOptions {
  readonly api: SequenceApi;
  readonly reach: Reach;
  /** Making one costs more than a whole loop. */
  readonly certificate: ServerCertificate;
}

export type UnifiLifeResult = LifeResult & ReturnType<UnifiWorld["counts"]>;

/** In memory everything follows from the seed; over TLS all but the moments at which a time-out strikes, and jitter. */
export async function liveOverUnifi(
  seed: number,
  { api, reach, certificate }: UnifiLifeOptions,
): Promise<UnifiLifeResult> {
  const random = createRandom(seed);
  // Some builds answer every PUT of the legacy API with an error.
  const v2Put: Switches["v2Put"] = random.pick(["ok", "ok", "already-exists", "405"]);
  const listOrder = random.pick(["insertion", "shuffled"] as const);
  const { profile } = sequenceConsole(api);
  const reachable = await reach({ profile, switches: { v2Put, listOrder }, seed, certificate }, seed);
  const world = new UnifiWorld({ reachable, api, random, seed });
  try {
    const result = await liveIn(world, random);
    return { ...result, ...world.counts() };
  } finally {
    world.close();
    await reachable.console.stop();
  }
}
