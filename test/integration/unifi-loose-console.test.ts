// A console of firmware 4.2.4 (March 2025): it checks nothing, and two aliases of one name stop its dnsmasq, and with it DNS and
// DHCP of the whole network (home-operations/external-dns-unifi-webhook #104). Only a login opens it here.

import { afterEach, describe, expect, test } from "vitest";
import type { Endpoint } from "#test/fakes/external-dns/endpoint.ts";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import type { RecordFields } from "#test/fakes/unifi-console/records.ts";
import { syncOnce } from "#test/support/external-dns-in-process.ts";
import { startWorld, type World, want } from "./unifi-faults/world.ts";

const LATE_MS = 3_000;
const ALIAS = want("alias.example.com", "CNAME", "lb1.example.net");
const OTHER_ALIAS = want("alias.example.com", "CNAME", "lb2.example.net");
const ADDRESS = want("alias.example.com", "A", "10.0.0.1");

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function loose(): Promise<World> {
  world = await startWorld({ profile: "udm-4.2.4-loose" });
  return world;
}

/** Every set of records that ever stood there, as dnsmasq would have met it. */
function expectHealthy({ console }: World): void {
  console.settle();
  expect(console.reloads().flatMap(({ reasons }) => reasons)).toEqual([]);
  const held = new Map<string, RecordFields>();
  for (const { before, after } of console.commits()) {
    if (before !== undefined) held.delete(before.objectId);
    if (after !== undefined) held.set(after.objectId, after);
    const values = [...held.values()].map(({ name, type, data }) => `${name} ${type} ${data}`);
    expect(new Set(values).size).toBe(values.length);
    const aliases = [...held.values()].flatMap(({ name, type }) => (type === "CNAME" ? [name] : []));
    expect(new Set(aliases).size).toBe(aliases.length);
  }
}

function loseAnswer({ console }: World, reply: "504" | "reset"): void {
  const action: FaultAction = { kind: "late-write", delayMs: LATE_MS, reply };
  console.faults.plan([{ operation: "create", name: "alias.example.com", action, times: 1 }]);
}

describe.each(["504", "reset"] as const)(
  "a create whose answer was lost (%s) and that is carried out later",
  (reply) => {
    test.each([
      ["an address", ADDRESS],
      ["an alias", ALIAS],
    ])("of %s stands there once, at every moment", async (_, endpoint) => {
      const here = await loose();
      await here.sync([]);
      loseAnswer(here, reply);
      expect(await here.sync([endpoint])).toBe("soft");
      here.clock.time.advance(LATE_MS);
      expect(here.answers()).toHaveLength(1);
      await here.sync([endpoint]);
      expect(await here.sync([endpoint])).toBe("silent");
      expect(here.answers()).toHaveLength(1);
      expectHealthy(here);
    });

    test.each([
      ["another alias", OTHER_ALIAS],
      ["an address", ADDRESS],
    ])("does not meet %s that was wanted in its place meanwhile", async (_, endpoint) => {
      const here = await loose();
      await here.sync([]);
      loseAnswer(here, reply);
      expect(await here.sync([ALIAS])).toBe("soft");
      expect(await syncAtOnce(here, [endpoint])).toBe("soft");
      here.clock.time.advance(LATE_MS);
      for (let sync = 0; sync < 3; sync += 1) await here.sync([endpoint]);
      expect(here.answers()).toEqual([`alias.example.com ${endpoint.recordType} ${endpoint.targets.join()}`]);
      expectHealthy(here);
    });
  },
);

test.each(["504", "reset"] as const)(
  "an update whose answer was lost (%s) and that is carried out later does not meet its value made anew",
  async (reply) => {
    const here = await loose();
    const [old, both] = [["10.0.0.4"], ["10.0.0.4", "10.0.0.1"]];
    await here.sync([want("alias.example.com", "A", ...old)]);
    const action: FaultAction = { kind: "late-write", delayMs: LATE_MS, reply };
    here.console.faults.plan([{ operation: "update", name: "alias.example.com", action }]);
    expect(await here.sync([ADDRESS])).toBe("soft");
    here.console.faults.clear();
    expect(await syncAtOnce(here, [want("alias.example.com", "A", ...both)])).toBe("soft");
    here.clock.time.advance(LATE_MS);
    for (let sync = 0; sync < 3; sync += 1) await here.sync([want("alias.example.com", "A", ...both)]);
    expect(here.answers()).toHaveLength(2);
    expectHealthy(here);
  },
);

test("a create whose answer was lost and that is never carried out is made with the next loop", async () => {
  const here = await loose();
  await here.sync([]);
  const action: FaultAction = { kind: "reset", commit: "none" };
  here.console.faults.plan([{ operation: "create", name: "alias.example.com", action, times: 1 }]);
  expect(await here.sync([ALIAS])).toBe("soft");
  expect(await here.sync([ALIAS])).toBe("applied");
  expect(await here.sync([ALIAS])).toBe("silent");
  expectHealthy(here);
});

test("a newer console, which refuses what is there already, is asked again within the same apply", async () => {
  world = await startWorld({ profile: "selfhosted-10" });
  await world.sync([]);
  loseAnswer(world, "504");
  expect(await world.sync([ALIAS])).toBe("applied");
  world.clock.time.advance(LATE_MS);
  expectHealthy(world);
});

describe("what would stop its dnsmasq is never sent", () => {
  const LABEL = "a".repeat(64);
  test.each<[string, readonly Endpoint[]]>([
    ["two aliases of one name", [ALIAS, OTHER_ALIAS]],
    ["an alias beside an address", [ALIAS, ADDRESS]],
    ["an alias of itself", [want("self.example.com", "CNAME", "self.example.com")]],
    [
      "a loop of two",
      [want("a.example.com", "CNAME", "b.example.com"), want("b.example.com", "CNAME", "a.example.com")],
    ],
    ["a target with a label too long", [want("long.example.com", "CNAME", `${LABEL}.example.net`)]],
    ["a name with a label too long", [want(`${LABEL}.example.com`, "A", "10.0.0.1")]],
    ["a wildcard alias", [want("*.example.com", "CNAME", "lb.example.net")]],
  ])("%s", async (_, wanted) => {
    const here = await loose();
    const fine = want("fine.example.com", "A", "10.0.0.9");
    for (let sync = 0; sync < 3; sync += 1) await here.sync([fine, ...wanted]);
    expect(here.answers()).toContain("fine.example.com A 10.0.0.9");
    expectHealthy(here);
  });

  test("an alias at a name where somebody has made one by hand", async () => {
    const here = await loose();
    here.console.seed({ type: "CNAME", name: "alias.example.com", data: "hand.example.net" });
    for (let sync = 0; sync < 3; sync += 1) await here.sync([ALIAS]);
    expect(here.answers()).toEqual(["alias.example.com CNAME hand.example.net"]);
    expectHealthy(here);
  });
});

/** A loop of external-dns without the minute before it. */
function syncAtOnce({ engine }: World, wanted: readonly Endpoint[]): Promise<string> {
  return syncOnce(engine, wanted, "matrix");
}
