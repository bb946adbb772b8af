// external-dns' plan (plan/plan.go, plan/conflict.go, plan/policy.go): from current and desired endpoints to changes. Pure
// but for the sorting of targets in place, which the original does too.

import { normalizeDnsName } from "./dns-name.ts";
import { type Changes, type Endpoint, endpointKey, isOwnedBy, OWNER_LABEL, RESOURCE_LABEL } from "./endpoint.ts";
import { compareTargets, targetsAreSame } from "./targets.ts";

export type Policy = "sync" | "upsert-only" | "create-only";

export interface PlanInput {
  readonly current: readonly Endpoint[];
  readonly desired: readonly Endpoint[];
  readonly policy: Policy;
  /** All filters together: external-dns' own and the webhook's. */
  readonly matchesDomain: (dnsName: string) => boolean;
  readonly managedRecordTypes: readonly string[];
  readonly excludeRecordTypes: readonly string[];
  /** "" with a registry that knows no owner: then every record in the filter counts as ours. */
  readonly ownerId: string;
  /** `--migrate-from-txt-owner`; "" when unset. */
  readonly oldOwnerId: string;
}

export function calculatePlan(input: PlanInput): Changes {
  const changes: Changes = { create: [], updateOld: [], updateNew: [], delete: [] };
  for (const row of planRows(input).values()) addRowChanges(input, row, changes);
  return withinOwnership(withinPolicy(changes, input.policy), input.ownerId);
}

/** `Changes.HasChanges`: updates that change nothing do not count. */
export function hasChanges(changes: Changes): boolean {
  if (changes.create.length > 0 || changes.delete.length > 0) return true;
  return comparable(changes.updateOld) !== comparable(changes.updateNew);
}

/** Everything known of one name and set identifier. */
interface Row {
  readonly current: Endpoint[];
  readonly candidates: Endpoint[];
  readonly byType: Map<string, TypeGroup>;
}

interface TypeGroup {
  /** One only: the last of several current endpoints of the same type wins. */
  current?: Endpoint;
  candidates: Endpoint[];
}

function planRows(input: PlanInput): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const current of input.current.filter(isPlanned)) {
    const { row, group } = slot(current);
    row.current.push(current);
    group.current = current;
  }
  for (const desired of input.desired.filter(isPlanned)) {
    const { row, group } = slot(desired);
    row.candidates.push(desired);
    group.candidates.push(desired);
  }
  return rows;

  function isPlanned(candidate: Endpoint): boolean {
    return (
      input.matchesDomain(candidate.dnsName) &&
      input.managedRecordTypes.includes(candidate.recordType) &&
      !input.excludeRecordTypes.includes(candidate.recordType)
    );
  }

  function slot(of: Endpoint): { row: Row; group: TypeGroup } {
    const key = JSON.stringify([normalizeDnsName(of.dnsName), of.setIdentifier]);
    const row = rows.get(key) ?? { current: [], candidates: [], byType: new Map<string, TypeGroup>() };
    const group = row.byType.get(of.recordType) ?? { candidates: [] };
    rows.set(key, row);
    row.byType.set(of.recordType, group);
    return { row, group };
  }
}

function addRowChanges(input: PlanInput, row: Row, changes: Changes): void {
  if (row.candidates.length === 0) {
    changes.delete.push(...row.current);
    return;
  }
  const creates: Endpoint[] = [];
  for (const { current, candidates } of resolveTypes(row)) {
    if (candidates.length === 0) {
      if (current !== undefined) changes.delete.push(current);
    } else if (current === undefined) creates.push(smallest(candidates));
    else addUpdate(input, { current, desired: chooseUpdate(current, candidates) }, changes);
  }
  // A new type at a taken name is only created when every record of that name is ours.
  if (input.ownerId === "" || row.current.every((current) => isOwnedBy(current, input.ownerId))) {
    changes.create.push(...creates);
  }
}

/** RFC 1034 §3.6.2: where CNAME and other types are desired, the CNAME candidates lose. */
function resolveTypes(row: Row): TypeGroup[] {
  const types = new Set(row.candidates.map((candidate) => candidate.recordType));
  if (!types.has("CNAME") || types.size === 1) return [...row.byType.values()];
  return [...row.byType].map(([type, group]) => (type === "CNAME" ? { ...group, candidates: [] } : group));
}

function smallest(candidates: readonly Endpoint[]): Endpoint {
  return candidates.reduce((least, next) => (compareTargets(next.targets, least.targets) < 0 ? next : least));
}

/** The resource that holds the name keeps it; otherwise the smallest candidate. */
function chooseUpdate(current: Endpoint, candidates: Endpoint[]): Endpoint {
  const holder = current.labels[RESOURCE_LABEL] ?? "";
  candidates.sort((a, b) => compareTargets(a.targets, b.targets));
  return candidates.find((candidate) => (candidate.labels[RESOURCE_LABEL] ?? "") === holder) ?? smallest(candidates);
}

interface Pair {
  readonly current: Endpoint;
  readonly desired: Endpoint;
}

function addUpdate(input: PlanInput, { current, desired }: Pair, changes: Changes): void {
  const ttlDiffers = desired.recordTTL > 0 && desired.recordTTL !== current.recordTTL;
  const isOtherOwners = input.oldOwnerId !== "" && current.labels[OWNER_LABEL] !== input.oldOwnerId;
  const differs =
    ttlDiffers ||
    !targetsAreSame(desired.targets, current.targets) ||
    propertiesDiffer(desired, current) ||
    isOtherOwners;
  if (!differs) return;
  desired.labels[OWNER_LABEL] = current.labels[OWNER_LABEL] ?? "";
  changes.updateNew.push(desired);
  changes.updateOld.push(current);
}

/** The whole set counts: one more property on either side is a difference. */
function propertiesDiffer(desired: Endpoint, current: Endpoint): boolean {
  const wanted = new Map(desired.providerSpecific.map(({ name, value }) => [name, value]));
  for (const { name, value } of current.providerSpecific) {
    if (wanted.get(name) !== value) return true;
    wanted.delete(name);
  }
  return wanted.size > 0;
}

function withinPolicy(changes: Changes, policy: Policy): Changes {
  if (policy === "sync") return changes;
  if (policy === "upsert-only") return { ...changes, delete: [] };
  return { create: changes.create, updateOld: [], updateNew: [], delete: [] };
}

function withinOwnership(changes: Changes, ownerId: string): Changes {
  if (ownerId === "") return changes;
  const owned = (list: readonly Endpoint[]): Endpoint[] => list.filter((item) => isOwnedBy(item, ownerId));
  return {
    create: changes.create,
    updateOld: owned(changes.updateOld),
    updateNew: owned(changes.updateNew),
    delete: withoutRepeatedKeys(owned(changes.delete)),
  };
}

function withoutRepeatedKeys(endpoints: readonly Endpoint[]): Endpoint[] {
  const seen = new Set<string>();
  return endpoints.filter((item) => !seen.has(endpointKey(item)) && seen.add(endpointKey(item)));
}

function comparable(endpoints: readonly Endpoint[]): string {
  const byKey = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1);
  return JSON.stringify(endpoints.map((item) => ({ ...item, labels: Object.entries(item.labels).sort(byKey) })));
}
