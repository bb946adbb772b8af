// Who claims a name, and what became of each value: answered, or dropped by which rule. What is answered is read off the
// snapshot that is served, so that a verdict can never differ from an answer.

import { findZone, type Snapshot } from "#src/dns/snapshot.ts";
import { rdataText } from "#src/dns/wire/rdata-text.ts";
import { RECORD_TYPE_NUMBER } from "#src/dns/wire/registry.ts";
import { findSet } from "#src/dns/zone-tree.ts";
import type { ObjectKey } from "#src/domain/cluster-object.ts";
import { type DomainName, isAtOrBelow } from "#src/domain/name.ts";
import { type Origin, originText, type RecordSet } from "#src/domain/record.ts";
import type { ClaimedValue, ExplainedClaim, LeftOut } from "#src/ops/explanation.ts";
import type { ReadingFacts } from "./facts.ts";

/** Claims to any of `names`, before any merging, each value with its verdict. */
export function claimsOf(names: readonly DomainName[], reading: ReadingFacts): readonly ExplainedClaim[] {
  return names
    .flatMap((name) => reading.claimsAt(name))
    .map((claim) => ({
      by: originText(claim.origin),
      name: claim.name,
      type: claim.type,
      className: claim.origin.className,
      ...(claim.origin.gateways === undefined ? {} : { gateways: [...claim.origin.gateways] }),
      ...(claim.isStale === true ? { isStale: true as const } : {}),
      createdAtMs: claim.origin.createdAtMs,
      ttlSeconds: claim.ttlSeconds,
      values: judge(claim, reading),
    }));
}

/** What never became a claim to one of `names`, and what is wrong with the zone at one of them. */
export function leftOutOf(names: readonly DomainName[], reading: ReadingFacts): readonly LeftOut[] {
  const problems = new Set(names.flatMap((name) => reading.problemsAbout(name)));
  const ofZone = reading.zoneProblems.filter(({ name, origin }) => origin === undefined && names.includes(name));
  return [
    ...[...problems].map(({ code, object, reason }) => ({ code, by: objectText(object), reason })),
    ...ofZone.map(({ code, name, problem }) => ({
      code,
      by: `settings of the zone, name server ${name}`,
      reason: problem,
    })),
  ];
}

function judge(claim: RecordSet, reading: ReadingFacts): readonly ClaimedValue[] {
  const served = servedTexts(claim, reading.snapshot);
  return claim.targets.map((target) => {
    const value = `${claim.type} ${target}`;
    return served.has(target)
      ? { value, verdict: "answered" }
      : { value, verdict: "dropped", ...whyDropped(claim, value, reading) };
  });
}

function servedTexts({ name, type }: RecordSet, snapshot: Snapshot): ReadonlySet<string> {
  const number = RECORD_TYPE_NUMBER[type];
  const node = findZone(snapshot, name)?.nodes.get(name);
  const rdata = (node && findSet(node, number))?.rdata ?? [];
  return new Set(rdata.map((octets) => rdataText(number, octets)));
}

type Why = Pick<ClaimedValue, "code" | "reason" | "lostTo">;

function whyDropped(claim: RecordSet, value: string, reading: ReadingFacts): Why {
  const conflict = reading.conflicts.find(
    ({ code, name, loser, lost }) =>
      name === claim.name &&
      lost.includes(value) &&
      // The limit of values is one of the name; its conflict tells only the first origin.
      (code === "merge.limit" || isSameOrigin(loser, claim.origin)),
  );
  if (conflict !== undefined) {
    return { code: conflict.code, reason: conflict.reason, lostTo: originText(conflict.winner) };
  }
  const problem = reading.zoneProblems.find(({ name, type }) => name === claim.name && type === claim.type);
  if (problem !== undefined) return { code: problem.code, reason: problem.problem };
  if (!reading.zones.some((apex) => isAtOrBelow(claim.name, apex))) {
    return { code: "zone.none", reason: "the name lies in none of our zones" };
  }
  return { code: "publish.pending", reason: "the answers with it have not been published yet" };
}

function objectText({ kind, namespace, name, cluster }: ObjectKey): string {
  const object = namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
  return cluster === undefined ? object : `${object} in cluster ${cluster}`;
}

function isSameOrigin(a: Origin, b: Origin): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name && a.cluster === b.cluster;
}
