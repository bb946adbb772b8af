// A generated series of changes as external-dns sends them, and what must be stored after each: kept by hand here, not by the
// code under test. Everything follows from the seed.

import type { Changes } from "#src/domain/changes.ts";
import type { Endpoint } from "#src/domain/endpoint.ts";
import { changes, endpoint, registryText, withTexts } from "#test/support/endpoints.ts";
import { createRandom, type Random } from "#test/support/random.ts";

export interface WriteStep {
  readonly changes: Changes;
  /** `name type target [ttl]`, sorted, after this step. */
  readonly expected: readonly string[];
}

const STEPS = 5;
const MAX_CHANGES_PER_STEP = 4;
/** Fewer than the mass-deletion breaker looks at (docs/decisions.md 3). */
const NAMES = Array.from({ length: 8 }, (_, index) => `n${index}.example.com`);

/** Every step changes something. */
export function createWritePlan(seed: number): readonly WriteStep[] {
  const random = createRandom(seed);
  const stored = new Map<string, Endpoint>();
  return Array.from({ length: STEPS }, () => {
    const edits = edit(stored, random);
    return { changes: edits, expected: linesOf(stored) };
  });
}

function edit(stored: Map<string, Endpoint>, random: Random): Changes {
  const created: Endpoint[] = [];
  const deleted: Endpoint[] = [];
  const updated: { readonly from: Endpoint; readonly to: Endpoint }[] = [];
  for (const name of pickSome(random)) {
    const before = stored.get(name);
    const after = before !== undefined && random.chance(0.3) ? undefined : wanted(name, before, random);
    if (before === undefined && after !== undefined) created.push(after);
    else if (before !== undefined && after?.recordType === before.recordType) updated.push({ from: before, to: after });
    else {
      if (before !== undefined) deleted.push(before);
      if (after !== undefined) created.push(after);
    }
    if (after === undefined) stored.delete(name);
    else stored.set(name, after);
  }
  return changes({
    create: withTexts(...created),
    updateOld: withTexts(...updated.map(({ from }) => from)),
    updateNew: withTexts(...updated.map(({ to }) => to)),
    delete: withTexts(...deleted),
  });
}

function pickSome(random: Random): ReadonlySet<string> {
  const count = 1 + random.below(MAX_CHANGES_PER_STEP);
  return new Set(Array.from({ length: count }, () => random.pick(NAMES)));
}

/** Another endpoint than the one before, with a TTL where there was one: a TTL of 0 in an update asks for no change of it. */
function wanted(name: string, before: Endpoint | undefined, random: Random): Endpoint {
  const type =
    random.chance(0.8) && before !== undefined ? before.recordType : random.pick(["A", "A", "AAAA", "CNAME"]);
  const count = type === "CNAME" ? 1 : 1 + random.below(3);
  const targets = [...new Set(Array.from({ length: count }, () => target(type, random)))];
  const recordTtlSeconds = random.pick(before?.recordTtlSeconds === 0 ? [0] : [60, 300]);
  const found = endpoint(name, type, targets, {
    recordTtlSeconds: before === undefined && random.chance(0.3) ? 0 : recordTtlSeconds,
  });
  return before !== undefined && isEqual(found, before) ? wanted(name, before, random) : found;
}

function target(type: string, random: Random): string {
  const number = 1 + random.below(200);
  if (type === "A") return `192.0.2.${number}`;
  return type === "AAAA" ? `2001:db8::${number.toString(16)}` : `lb${number}.example.net`;
}

function isEqual(a: Endpoint, b: Endpoint): boolean {
  return JSON.stringify(endpointLines(a)) === JSON.stringify(endpointLines(b));
}

function linesOf(stored: ReadonlyMap<string, Endpoint>): readonly string[] {
  return [...stored.values()].flatMap((one) => [...endpointLines(one), ...endpointLines(registryText(one))]).sort();
}

function endpointLines({ dnsName, recordType, targets, recordTtlSeconds }: Endpoint): readonly string[] {
  const ttl = recordTtlSeconds === 0 ? "" : ` ${recordTtlSeconds}`;
  return targets.map((one) => `${dnsName} ${recordType} ${one}${ttl}`).sort();
}
