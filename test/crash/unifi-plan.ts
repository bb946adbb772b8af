// A generated plan: what sources wish before and after, and what other hands keep on the console beside it. Everything follows
// from the seed.

import type { Switches } from "#test/fakes/unifi-console/profiles.ts";
import type { RecordFields } from "#test/fakes/unifi-console/records.ts";
import { createRandom, type Random } from "#test/support/random.ts";
import { type Wish, wishKey } from "#test/support/wishes.ts";

export interface CrashPlan {
  readonly seed: number;
  readonly api: "dns/policies" | "static-dns";
  /** False: without a folder, so that the journal dies with the process. */
  readonly hasDataFolder: boolean;
  readonly txtPrefix: string;
  readonly v2Put: Switches["v2Put"];
  readonly from: readonly Wish[];
  readonly to: readonly Wish[];
  readonly foreign: readonly RecordFields[];
}

const ZONE = "home.example.com";
const NAMES = Array.from({ length: 6 }, (_, index) => `n${index}.${ZONE}`);
const PREFIXES = ["", "k8s.%{record_type}."];
/** Writes that a plan asks for, ownership texts included: enough for a boundary inside each kind of step. */
const MIN_WRITES = 3;
const MAX_WRITES = 7;
/** Plans whose journal is in memory. */
const WITHOUT_FOLDER = 0.2;

export function createCrashPlan(seed: number): CrashPlan {
  const random = createRandom(seed);
  const api = seed % 2 === 0 ? "dns/policies" : "static-dns";
  // Some builds answer every PUT of the legacy API with an error.
  const v2Put = api === "static-dns" ? random.pick(["ok", "ok", "already-exists", "405"] as const) : "ok";
  const states = createStates(random, v2Put === "ok");
  const taken = new Set([...states.from, ...states.to].map(({ name }) => name));
  return {
    seed,
    api,
    v2Put,
    hasDataFolder: !random.chance(WITHOUT_FOLDER),
    txtPrefix: random.pick(PREFIXES),
    ...states,
    foreign: createForeign(
      random,
      NAMES.filter((name) => !taken.has(name)),
    ),
  };
}

/** Without an update in place a TTL can only change by taking the value away for a moment; it is left out then. */
function createStates(random: Random, canUpdate: boolean): Pick<CrashPlan, "from" | "to"> {
  for (;;) {
    const before = createWishes(random);
    const after = new Map(before);
    const changes = 2 + random.below(2);
    for (let change = 0; change < changes; change += 1) edit(after, random, canUpdate);
    const [from, to] = [[...before.values()].flat(), [...after.values()].flat()];
    const writes = countWrites(from, to);
    if (writes >= MIN_WRITES && writes <= MAX_WRITES) return { from, to };
  }
}

type Wishes = Map<string, readonly Wish[]>;

function createWishes(random: Random): Wishes {
  const names = NAMES.slice(0, 2 + random.below(3));
  return new Map(names.map((name) => [name, createAt(name, random)]));
}

function createAt(name: string, random: Random): readonly Wish[] {
  const ttlSeconds = random.pick([0, 60, 300]);
  if (random.chance(0.3)) return [{ name, type: "CNAME", values: [alias(random)], ttlSeconds }];
  const types = random.pick([["A"], ["A"], ["AAAA"], ["A", "AAAA"]] as const);
  return types.map((type) => ({ name, type, values: addresses(type, random), ttlSeconds }));
}

function edit(wishes: Wishes, random: Random, canUpdate: boolean): void {
  const name = random.pick(NAMES.slice(0, 5));
  const present = wishes.get(name);
  if (present === undefined) {
    wishes.set(name, createAt(name, random));
    return;
  }
  const kind = random.pick(["delete", "values", "values", "swap", "ttl", "one-type"] as const);
  switch (kind) {
    case "delete":
      wishes.delete(name);
      return;
    case "swap":
      wishes.set(name, swapped(present, random));
      return;
    case "one-type":
      if (present.length > 1) wishes.set(name, present.slice(1));
      return;
    case "ttl":
      // A wish without a TTL would be content with the other's, and the way back would be no way.
      if (canUpdate && present.every(({ ttlSeconds }) => ttlSeconds > 0))
        wishes.set(
          name,
          present.map((wish) => ({ ...wish, ttlSeconds: random.pick([60, 300, 600]) })),
        );
      return;
    default:
      wishes.set(
        name,
        present.map((wish) => ({ ...wish, values: otherValues(wish, random) })),
      );
  }
}

function swapped(present: readonly Wish[], random: Random): readonly Wish[] {
  const [{ name, type, ttlSeconds }] = present as [Wish];
  if (type === "CNAME") return [{ name, type: "A", values: addresses("A", random), ttlSeconds }];
  return [{ name, type: "CNAME", values: [alias(random)], ttlSeconds }];
}

/** Some values stay, so that there are some which must never be missing. */
function otherValues({ type, values }: Wish, random: Random): readonly string[] {
  if (type === "CNAME") return [alias(random)];
  const kept = values.filter(() => random.chance(0.4));
  return [...new Set([...kept, ...addresses(type, random)])].slice(0, 3);
}

function addresses(type: "A" | "AAAA", random: Random): readonly string[] {
  const count = 1 + random.below(3);
  const one = (): string =>
    type === "A" ? `10.0.0.${1 + random.below(200)}` : `fd00::${(1 + random.below(200)).toString(16)}`;
  return [...new Set(Array.from({ length: count }, one))];
}

function alias(random: Random): string {
  return `lb${1 + random.below(50)}.example.net`;
}

/** A value that goes and one that comes are one update; texts come and go with their name and type. */
function countWrites(from: readonly Wish[], to: readonly Wish[]): number {
  const keys = new Set([...from, ...to].map(wishKey));
  let writes = 0;
  for (const key of keys) {
    const [before, after] = [from.find((wish) => wishKey(wish) === key), to.find((wish) => wishKey(wish) === key)];
    const [old, wanted] = [before?.values ?? [], after?.values ?? []];
    const gone = old.filter((value) => !wanted.includes(value)).length;
    const come = wanted.filter((value) => !old.includes(value)).length;
    const isNewTtl = before !== undefined && after !== undefined && before.ttlSeconds !== after.ttlSeconds;
    writes +=
      Math.max(gone, come) +
      (isNewTtl ? old.length - gone : 0) +
      Number((before === undefined) !== (after === undefined));
  }
  return writes;
}

/** Records of other hands: by people, by the console itself, by another external-dns, and beside names that we use. */
function createForeign(random: Random, free: readonly string[]): readonly RecordFields[] {
  const theirs = '"heritage=external-dns,external-dns/owner=other,external-dns/resource=ingress/default/other"';
  const all: readonly RecordFields[] = [
    { type: "A", name: `nas.${ZONE}`, data: "192.168.1.20" },
    { type: "CNAME", name: `files.${ZONE}`, data: `nas.${ZONE}` },
    { type: "TXT", name: `note.${ZONE}`, data: '"made by hand"' },
    { type: "A", name: `off.${ZONE}`, data: "192.168.1.21", enabled: false },
    { type: "A", name: `system.${ZONE}`, data: "192.168.1.22", origin: "SYSTEM_DEFINED" },
    { type: "NS", name: "lab.example.com", data: "192.168.1.53" },
    { type: "A", name: `theirs.${ZONE}`, data: "192.168.1.23" },
    { type: "TXT", name: `a-theirs.${ZONE}`, data: theirs },
    { type: "TXT", name: `k8s.a.theirs.${ZONE}`, data: theirs },
    ...free.map((name): RecordFields => ({ type: "A", name, data: "192.168.1.24", ttlSeconds: 77 })),
  ];
  return all.filter(() => random.chance(0.7));
}
