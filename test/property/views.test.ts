// Whatever objects there are and however they change: no answer of a view holds an address that only what it does not watch has, and
// what is answered follows from the last objects alone.

import { expect, test } from "vitest";
import { createView, type View } from "#src/app/view.ts";
import { respond } from "#src/dns/respond.ts";
import { changeSnapshot, EMPTY_SNAPSHOT, type Snapshot } from "#src/dns/snapshot.ts";
import { type ClusterObject, keyOf, keyText } from "#src/domain/cluster-object.ts";
import { SILENT } from "#src/lib/log.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import { valuesOf } from "#test/support/dns/lookup.ts";
import { buildQuery, readReply } from "#test/support/dns/packets.ts";
import { createRandom, type Random } from "#test/support/random.ts";
import { load, yaml } from "#test/support/settings.ts";
import { createVirtualClock } from "#test/support/virtual-clock.ts";
import { gateway, route } from "#test/unit/sources/gateway-objects.ts";
import { ingress, ingressClass } from "#test/unit/sources/objects.ts";

const LIVES = Number(process.env["VIEW_LIVES"] ?? 40);
const FIRST_SEED = Number(process.env["VIEW_SEED"] ?? Date.now() % 1_000_000_000);
const STEPS = 25;
const MS_PER_LIFE = 500;

const SETTINGS = load(
  yaml(
    "zones: [home.example.com, 168.192.in-addr.arpa, 51.198.in-addr.arpa]",
    "views:",
    "  - name: outside",
    "    port: 1054",
    "    zones:",
    "      - {apex: home.example.com, ingressClasses: [external], gateways: [external]}",
    "      - {apex: 168.192.in-addr.arpa}",
    "      - {apex: 51.198.in-addr.arpa}",
  ),
);
const LABELS = ["app", "web", "*", "deep.app", "*.app", "nas"];
const ASKED = ["app", "web", "deep.app", "any.app", "other", "nas", "@"];
/** Every inner address begins so, and no outer one does. */
const INNER = "192.168.";
const OUTER = "198.51.";

interface Seen {
  readonly view: View;
  snapshot: Snapshot;
}

function createSeen(clock: ReturnType<typeof createVirtualClock>): readonly Seen[] {
  return SETTINGS.views.map((settings) => {
    const seen: { view?: View; snapshot: Snapshot } = { snapshot: EMPTY_SNAPSHOT };
    seen.view = createView(
      {
        settings,
        sources: sourcesNamed(SETTINGS.sources.kinds),
        sourceSettings: SETTINGS.sources,
        clusters: [undefined],
        protectedNames: [],
        ownAddresses: [],
        bugCaught: () => undefined,
        awaited: [],
        clock,
        log: SILENT,
        publish: (changes) => {
          seen.snapshot = changeSnapshot(seen.snapshot, changes);
          return Promise.resolve();
        },
      },
      [],
    );
    return seen as Seen;
  });
}

function randomObject(random: Random): ClusterObject {
  const isInner = random.chance(0.5);
  const addresses = random.chance(0.2) ? [] : [`${isInner ? INNER : OUTER}${random.below(4)}.${random.below(4)}`];
  const host = `${random.pick(LABELS)}.home.example.com`;
  const metadata = { name: random.pick(["a", "b", "c", "d"]), namespace: random.pick(["one", "two"]) };
  const kind = random.below(3);
  if (kind === 0) {
    const className = isInner ? random.pick(["internal", "default"]) : "external";
    // The name says the class, so that one that moves keeps no address of the class before on hold.
    const name = `${className}-${metadata.name}`;
    return ingress([host], {
      metadata: { ...metadata, name },
      addresses,
      ...(className === "default" ? {} : { className }),
    });
  }
  const namespace = random.pick(["one", "two"]);
  if (kind === 1) return gateway({ metadata: { name: isInner ? "internal" : "external", namespace }, addresses });
  const parents = random.pick([["internal"], ["external"], ["internal", "external"]]);
  return route([host], {
    metadata,
    parentRefs: parents.map((name) => ({ name, namespace: random.pick(["one", "two"]) })),
  });
}

function answersOf({ snapshot }: Seen): Readonly<Record<string, readonly string[]>> {
  const reverse = [INNER, OUTER].flatMap((start) =>
    [0, 1, 2, 3].map((last) => `${last}.1.${start.split(".").slice(0, 2).reverse().join(".")}.in-addr.arpa`),
  );
  const names = ASKED.map((label) => (label === "@" ? "home.example.com" : `${label}.home.example.com`));
  const asked = [...names.map((name) => [name, "A"] as const), ...reverse.map((name) => [name, "PTR"] as const)];
  return Object.fromEntries(
    asked.map(([name, type]) => {
      const outcome = respond(buildQuery({ name, type }), { snapshot, ready: true, protocol: "tcp" });
      return [name, outcome.kind === "reply" ? valuesOf(readReply(outcome.message)) : [outcome.reason]];
    }),
  );
}

/** Values in a view that begin as those of the other side do; a reverse name of the other side must have none at all. */
function leaks(answers: Readonly<Record<string, readonly string[]>>, foreign: string): readonly string[] {
  const reversed = foreign.split(".").slice(0, 2).reverse().join(".");
  return Object.entries(answers).flatMap(([name, values]) =>
    values
      .filter((value) => value.startsWith(`A ${foreign}`) || (value !== "" && name.includes(`.${reversed}.in-addr`)))
      .map((value) => `${name} ${value}`),
  );
}

async function live(seed: number): Promise<number> {
  const random = createRandom(seed);
  const clock = createVirtualClock();
  const all = createSeen(clock);
  const objects = new Map<string, ClusterObject>();
  const tell = async (upserted: readonly ClusterObject[], deleted: readonly ClusterObject[]): Promise<void> => {
    for (const object of upserted) objects.set(keyText(keyOf(object)), object);
    for (const object of deleted) objects.delete(keyText(keyOf(object)));
    for (const { view } of all) {
      view.cluster.apply({ upserted, deleted: deleted.map(keyOf) });
      await view.answers.contribute("cluster", view.cluster, view.cluster.takeTouched());
    }
  };
  await tell([ingressClass("internal", "default"), ingressClass("external")], []);
  let answered = 0;
  for (let step = 0; step < STEPS; step += 1) {
    const gone = random.chance(0.2) ? [random.pick([...objects.values()])] : [];
    await tell(
      [randomObject(random)],
      gone.filter(({ kind }) => kind !== "IngressClass"),
    );
    clock.advance(random.below(120_000));
    const [everybody, outside] = all.map(answersOf);
    expect(leaks(everybody ?? {}, OUTER), `VIEW_SEED=${seed}, everybody`).toEqual([]);
    expect(leaks(outside ?? {}, INNER), `VIEW_SEED=${seed}, outside`).toEqual([]);
    answered += Object.values({ ...everybody, ...outside }).filter((values) => values.length > 0).length;
  }
  return answered;
}

test(
  `${LIVES} lives from seed ${FIRST_SEED}: no address of what a view does not watch`,
  async () => {
    let answered = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + LIVES; seed += 1) answered += await live(seed);
    // A test that never saw an answer would find no leak either.
    expect(answered).toBeGreaterThan(LIVES * STEPS);
    process.stdout.write(`${LIVES} lives from seed ${FIRST_SEED}: ${answered} answers\n`);
  },
  20_000 + LIVES * MS_PER_LIFE,
);
