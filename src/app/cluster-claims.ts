// What the objects of one or several clusters claim: a catalog for each, so that an object looks things up in its own cluster and
// nowhere else, and a hold for each on what vanishes with most of the others.

import type { ClusterObject, InventoryChange } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { type Catalog, type CatalogOptions, createCatalog } from "#src/sources/catalog.ts";
import type { Resource, Source, SourceProblem } from "#src/sources/source.ts";
import type { Claims } from "./claims.ts";
import { createWithdrawalHold, DEFAULT_WITHDRAWAL_HOLD_MS, type WithdrawalHold } from "./withdrawal-hold.ts";

export interface ClusterClaims extends Claims {
  apply(change: InventoryChange): void;
  /** Names whose claims may have changed since this was last asked. */
  takeTouched(): ReadonlySet<DomainName>;
  recordSets(): readonly RecordSet[];
  problems(): readonly SourceProblem[];
  problemsAbout(name: DomainName): readonly SourceProblem[];
  /** Of a kind that gives names, in every cluster. */
  objects(resource: Resource): readonly ClusterObject[];
  /** Names that vanished with most of the others and are answered all the same. */
  heldNames(): number;
  /** When `expire` is due, by the clock of the options; `undefined` while nothing is held. */
  nextExpiryMs(): number | undefined;
  expire(): void;
}

export interface ClusterClaimsOptions extends CatalogOptions {
  readonly sources: readonly Source[];
  /** How long names that vanish with most of the others outlive their objects; 0 switches the hold off. */
  readonly withdrawalHoldMs?: number;
}

/** `clusters`: names as objects have them, in falling order of right; `undefined` where there is one. */
export function createClusterClaims(
  clusters: readonly (string | undefined)[],
  options: ClusterClaimsOptions,
): ClusterClaims {
  const { nowMs, withdrawalHoldMs: holdMs = DEFAULT_WITHDRAWAL_HOLD_MS } = options;
  const groups = new Map(options.sources.map(({ resource }) => [resource.kind, resource.group]));
  const all = clusters.map((name, order): OneCluster => {
    const catalog = createCatalog(options);
    return { name, order, catalog, hold: createWithdrawalHold({ nowMs, holdMs }) };
  });
  const problemsOfHolds = (sets: readonly RecordSet[]): readonly SourceProblem[] =>
    sets.map((set) => heldProblem(set, groups));
  return {
    apply: ({ upserted, deleted }) => {
      for (const cluster of all) {
        applyTo(cluster, {
          upserted: upserted.filter(({ metadata }) => metadata.cluster === cluster.name),
          deleted: deleted.filter((key) => key.cluster === cluster.name),
        });
      }
    },
    names: () => new Set(all.flatMap(({ catalog, hold }) => [...catalog.names(), ...hold.names()])),
    at: (name) =>
      all.flatMap((cluster) => withCluster(cluster, [...cluster.catalog.at(name), ...cluster.hold.at(name)])),
    takeTouched: () => new Set(all.flatMap(({ catalog, hold }) => [...catalog.takeTouched(), ...hold.takeTouched()])),
    recordSets: () =>
      all.flatMap((cluster) => withCluster(cluster, [...cluster.catalog.recordSets(), ...cluster.hold.recordSets()])),
    problems: () =>
      all.flatMap((cluster) => [
        ...cluster.catalog.problems(),
        ...problemsOfHolds(withCluster(cluster, cluster.hold.recordSets())),
      ]),
    problemsAbout: (name) =>
      all.flatMap((cluster) => [
        ...cluster.catalog.problemsAbout(name),
        ...problemsOfHolds(withCluster(cluster, cluster.hold.at(name))),
      ]),
    heldNames: () => all.reduce((sum, { hold }) => sum + hold.size, 0),
    objects: (resource) => all.flatMap(({ catalog }) => catalog.objects(resource)),
    nextExpiryMs: () => {
      const next = Math.min(
        ...all.flatMap(({ catalog, hold }) => [catalog, hold].flatMap((one) => one.nextExpiryMs() ?? [])),
      );
      return Number.isFinite(next) ? next : undefined;
    },
    expire: () => {
      for (const cluster of all) {
        cluster.hold.expire();
        cluster.catalog.expire();
      }
    },
  };
}

interface OneCluster {
  readonly name: string | undefined;
  readonly order: number;
  readonly catalog: Catalog;
  readonly hold: WithdrawalHold;
}

function applyTo({ catalog, hold }: OneCluster, change: InventoryChange): void {
  catalog.apply(change);
  hold.release((name) => catalog.has(name));
  hold.note(catalog.withdrawn(), catalog.nameCount);
}

function withCluster({ name, order }: OneCluster, sets: readonly RecordSet[]): readonly RecordSet[] {
  if (name === undefined) return sets;
  return sets.map((set) => ({ ...set, origin: { ...set.origin, cluster: name, clusterOrder: order } }));
}

function heldProblem({ name, origin }: RecordSet, groups: ReadonlyMap<string, string>): SourceProblem {
  const { kind, namespace = "", cluster } = origin;
  const key = { group: groups.get(kind) ?? "", kind, namespace, name: origin.name };
  return {
    code: "name.held",
    object: cluster === undefined ? key : { ...key, cluster },
    hostname: name,
    reason: `${name} vanished together with most other names; it is answered a little longer in case they come back`,
  };
}
