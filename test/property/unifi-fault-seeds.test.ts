// Lives in which something was violated once, each with what it was: they must never be again, however long the other runs are.

import { describe, expect, test } from "vitest";
import { createConsoleCertificate } from "#test/fakes/unifi-console/unifi-console.ts";
import { inMemory } from "./lives/reach.ts";
import type { SequenceApi } from "./lives/unifi-consoles.ts";
import { liveOverUnifi } from "./lives/unifi-life.ts";

const LIVES: readonly { readonly api: SequenceApi; readonly seed: number; readonly what: string }[] = [
  { api: "dns/policies", seed: 19, what: "a name that moves to IPv6 keeps its address while the new one is refused" },
  { api: "dns/policies", seed: 42, what: "two stray pages do not cost a console its official API" },
  { api: "static-dns", seed: 182, what: "a crash inside the replacement of an alias leaves no text behind" },
  { api: "static-dns", seed: 4811, what: "nobody waits for a person who approves deletions" },
  {
    api: "static-dns without checks by login",
    seed: 1142,
    what: "an update that is carried out late meets no equal one",
  },
  { api: "static-dns by login", seed: 203, what: "a session that ended before it was used costs no pause" },
  { api: "static-dns by login", seed: 437, what: "nor does it after a limit of logins" },
];

describe("lives that went wrong once", () => {
  const certificate = createConsoleCertificate();
  test.each(LIVES)("$api, seed $seed: $what", async ({ api, seed }) => {
    expect((await liveOverUnifi(seed, { api, reach: inMemory, certificate })).violations).toEqual([]);
  });
});
