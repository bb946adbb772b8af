// One batch from external-dns, read into items: what it wants at one name and type, and which values it names as its own.
// Nothing outside an item may ever be touched. Pure.

import type { Changes } from "#src/domain/changes.ts";
import { type Endpoint, OWNER_LABEL } from "#src/domain/endpoint.ts";
import type { DomainName } from "#src/domain/name.ts";
import { isProvenOwned, ownedNameOf } from "#src/domain/ownership.ts";
import type { RecordType } from "#src/domain/record.ts";
import type { BackendRules } from "#src/providers/provider.ts";
import type { Bounds } from "#src/sync/bounds.ts";
import { canonicalEndpoint, endpointName, endpointType, wantedEndpoint } from "#src/sync/canonical-endpoint.ts";
import type { ItemFailure } from "#src/sync/sync-engine.ts";

/** All that one batch wants at one name and type. */
export interface ChangeItem {
  readonly name: DomainName;
  readonly type: RecordType;
  /** Canonical targets that the batch names as present and its own (from `delete` and `updateOld`). */
  readonly named: readonly string[];
  /** Canonical targets that shall be there afterwards (from `create` and `updateNew`). */
  readonly wanted: readonly string[];
  /** Wanted TTL; `undefined` leaves the one that is there. */
  readonly ttlSeconds: number | undefined;
  /** True when the batch believed that nothing of this name and type exists. */
  readonly isCreate: boolean;
  /** For a registry TXT: the name of the data record it stands for. */
  readonly ownedName: DomainName | undefined;
  /** Owner id that the batch claims for it; "" when it names none (registry texts, registry noop). */
  readonly owner: string;
}

export interface ReadItems {
  readonly items: readonly ChangeItem[];
  /** Items that the policy of their domain leaves out: the state they ask for is not wanted here, so that is no failure. */
  readonly withheld: readonly ChangeItem[];
  readonly failures: readonly ItemFailure[];
  /** Items that failed: what depends on them must not be carried out. */
  readonly failed: readonly FailedItem[];
}

/** The identity of an item that could not be read. */
export interface FailedItem {
  readonly name: string;
  readonly type: string;
  readonly ownedName: DomainName | undefined;
}

export interface ReadOptions {
  /** `allow` takes deletes and updates without an owner (registry noop); the default refuses them. */
  readonly unownedChanges: "refuse" | "allow";
}

type Side = "named" | "wanted";

/** The key of an item in sets and maps. */
export function itemKey(item: { readonly name: string; readonly type: string }): string {
  return `${item.name} ${item.type}`;
}

/** One item for each name and type of the batch. An endpoint that cannot be read fails its own item and no other. */
export function readChangeItems(changes: Changes, bounds: Bounds, options: ReadOptions): ReadItems {
  const drafts = new Map<string, Draft>();
  const failures: ItemFailure[] = [];
  const failed = new Map<string, FailedItem>();
  const fail = (endpoint: Endpoint, code: string, reason: string): void => {
    const name = endpointName(endpoint);
    const key = { name: name.ok ? name.value : endpoint.dnsName, type: endpoint.recordType.toUpperCase() };
    // Old and new side of one update may fail for the same reason: one line says it.
    if (!failed.has(itemKey(key))) failures.push({ ...key, code, reason, retryable: false });
    failed.set(itemKey(key), { ...key, ownedName: ownedNameOf(endpoint) });
  };
  const read = (endpoints: readonly Endpoint[], side: Side, isCreate: boolean): void => {
    for (const endpoint of endpoints) {
      const problem =
        side === "named" && options.unownedChanges === "refuse" && !isProvenOwned(endpoint)
          ? {
              code: "endpoint.unowned",
              reason: `the change names no ${OWNER_LABEL}, so the record may be somebody else's`,
            }
          : addToDraft({ drafts, endpoint, side, isCreate, bounds });
      if (problem !== undefined) fail(endpoint, problem.code, problem.reason);
    }
  };
  // Pairing of updateOld and updateNew is by name and type, never by position: an index that is off by one must not
  // make us write one record's values over another's.
  read(changes.delete, "named", false);
  read(changes.updateOld, "named", false);
  read(changes.updateNew, "wanted", false);
  read(changes.create, "wanted", true);
  const items = [...drafts].filter(([key]) => !failed.has(key)).map(([, draft]) => itemOf(draft));
  const [allowed, withheld] = withinPolicy(items, bounds);
  return { items: allowed, withheld, failures, failed: [...failed.values()] };
}

function withinPolicy(
  items: readonly ChangeItem[],
  { scope }: Bounds,
): readonly [allowed: readonly ChangeItem[], withheld: readonly ChangeItem[]] {
  const isAllowed = (item: ChangeItem): boolean => {
    const policy = scope.policyFor(item.ownedName ?? item.name);
    return policy === "sync" || item.isCreate || (policy === "upsert-only" && !isDeletion(item));
  };
  return [items.filter(isAllowed), items.filter((item) => !isAllowed(item))];
}

/** An item while the four lists are read. */
interface Draft {
  readonly name: DomainName;
  readonly type: RecordType;
  readonly named: Set<string>;
  readonly wanted: Set<string>;
  ttlSeconds: number | undefined;
  isCreate: boolean;
  ownedName: DomainName | undefined;
  owner: string;
}

interface Addition {
  readonly drafts: Map<string, Draft>;
  readonly endpoint: Endpoint;
  readonly side: Side;
  readonly isCreate: boolean;
  readonly bounds: Bounds;
}

function addToDraft(addition: Addition): { readonly code: string; readonly reason: string } | undefined {
  const { endpoint, side, bounds } = addition;
  const canonical = side === "wanted" ? wantedEndpoint(endpoint, bounds) : canonicalEndpoint(endpoint, bounds);
  if (!canonical.ok) {
    // What could never be stored cannot stand in the backend either: deleting it is already done.
    if (side === "named" && !isHeldKey(endpoint, bounds.rules)) return undefined;
    return { code: "endpoint.invalid", reason: canonical.problem };
  }
  const draft = draftFor(addition.drafts, canonical.value.name, canonical.value.type);
  for (const target of canonical.value.targets) draft[side].add(target);
  draft.ownedName ??= ownedNameOf(endpoint);
  draft.owner ||= endpoint.labels.get(OWNER_LABEL) ?? "";
  if (side === "wanted") {
    draft.ttlSeconds = canonical.value.ttlSeconds;
    draft.isCreate ||= addition.isCreate;
  }
  return undefined;
}

function isHeldKey(endpoint: Endpoint, rules: BackendRules): boolean {
  return endpointName(endpoint).ok && endpointType(endpoint, rules).ok;
}

function draftFor(drafts: Map<string, Draft>, name: DomainName, type: RecordType): Draft {
  const key = itemKey({ name, type });
  const known = drafts.get(key);
  if (known !== undefined) return known;
  const draft: Draft = {
    name,
    type,
    named: new Set(),
    wanted: new Set(),
    ttlSeconds: undefined,
    isCreate: false,
    ownedName: undefined,
    owner: "",
  };
  drafts.set(key, draft);
  return draft;
}

function itemOf(draft: Draft): ChangeItem {
  return {
    ...draft,
    named: [...draft.named].sort(),
    wanted: [...draft.wanted].sort(),
    // A delete and a create of one key in one batch is a replacement: the values that stand there were named.
    isCreate: draft.isCreate && draft.named.size === 0,
  };
}

/** True for a name that the batch only deletes from. */
export function isDeletion(item: ChangeItem): boolean {
  return item.wanted.length === 0;
}
