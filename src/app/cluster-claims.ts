// What the objects of one or several clusters claim: a catalog for each, so that an object looks things up in its own cluster and
// nowhere else.

import type { ClusterObject, InventoryChange, ObjectKey } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { type Catalog, type CatalogOptions, createCatalog } from "#src/sources/catalog.ts";
import type { Resource, SourceProblem } from "#src/sources/source.ts";
import type { Claims } from "./claims.ts";

export interface ClusterClaims extends Claims {
  apply(change: InventoryChange): void;
  /** Names whose claims may have changed since this was last asked. */
  takeTouched(): ReadonlySet<DomainName>;
  recordSets(): readonly RecordSet[];
  /** What one object claims; `undefined`: it is not there. */
  of(key: ObjectKey): readonly RecordSet[] | undefined;
  problems(): readonly SourceProblem[];
  problemsAbout(name: DomainName): readonly SourceProblem[];
  /** Of a kind that gives names, in every cluster. */
  objects(resource: Resource): readonly ClusterObject[];
  /** When `expire` is due, by the clock of the options; `undefined` while nothing is held. */
  nextExpiryMs(): number | undefined;
  expire(): void;
}

/** `clusters`: names as objects have them, in falling order of right; `undefined` where there is one. */
export function createClusterClaims(clusters: readonly (string | undefined)[], options: CatalogOptions): ClusterClaims {
  const all = clusters.map((name, order): OneCluster => ({ name, order, catalog: createCatalog(options) }));
  return {
    apply: ({ upserted, deleted }) => {
      for (const { name, catalog } of all) {
        catalog.apply({
          upserted: upserted.filter(({ metadata }) => metadata.cluster === name),
          deleted: deleted.filter(({ cluster }) => cluster === name),
        });
      }
    },
    names: () => new Set(all.flatMap(({ catalog }) => [...catalog.names()])),
    at: (name) => all.flatMap((cluster) => withCluster(cluster, cluster.catalog.at(name))),
    takeTouched: () => new Set(all.flatMap(({ catalog }) => [...catalog.takeTouched()])),
    recordSets: () => all.flatMap((cluster) => withCluster(cluster, cluster.catalog.recordSets())),
    of: (key) => all.find(({ name }) => name === key.cluster)?.catalog.of(key),
    problems: () => all.flatMap(({ catalog }) => catalog.problems()),
    problemsAbout: (name) => all.flatMap(({ catalog }) => catalog.problemsAbout(name)),
    objects: (resource) => all.flatMap(({ catalog }) => catalog.objects(resource)),
    nextExpiryMs: () => {
      const next = Math.min(...all.flatMap(({ catalog }) => catalog.nextExpiryMs() ?? []));
      return Number.isFinite(next) ? next : undefined;
    },
    expire: () => {
      for (const { catalog } of all) catalog.expire();
    },
  };
}

interface OneCluster {
  readonly name: string | undefined;
  readonly order: number;
  readonly catalog: Catalog;
}

function withCluster({ name, order }: OneCluster, sets: readonly RecordSet[]): readonly RecordSet[] {
  if (name === undefined) return sets;
  return sets.map((set) => ({ ...set, origin: { ...set.origin, cluster: name, clusterOrder: order } }));
}
