// Facts for explanations, made by the real parts: objects go through the catalog, claims through merging and compiling.

import { createAnswers } from "#src/app/answers.ts";
import { claimsOf } from "#src/app/claims.ts";
import { explainName } from "#src/app/explain/explain.ts";
import type { ExplainFacts, ReadingFacts, StoredFacts } from "#src/app/explain/facts.ts";
import { completeZoneOptions } from "#src/dns/zone-content.ts";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { SOURCE_NAMES } from "#src/domain/source-name.ts";
import { SILENT } from "#src/lib/log.ts";
import type { Explanation } from "#src/ops/explanation.ts";
import type { StoredRecord } from "#src/providers/provider.ts";
import { type CatalogOptions, createCatalog } from "#src/sources/catalog.ts";
import { defaultSourceOptions, type SourceOptions } from "#src/sources/source.ts";
import { nameOf } from "#test/support/dns/records.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { HOME } from "../sources/objects.ts";

export interface Cluster {
  /** One change after the other. */
  readonly changes?: readonly (readonly ClusterObject[])[];
  readonly static?: readonly RecordSet[];
  readonly local?: readonly RecordSet[];
  readonly stored?: StoredFacts;
  readonly options?: Partial<SourceOptions>;
  readonly catalog?: Partial<CatalogOptions>;
  readonly unreadableFiles?: readonly string[];
  readonly reading?: Partial<ReadingFacts>;
  /** Apexes; that of `HOME` alone when absent. */
  readonly zones?: readonly DomainName[];
  /** False: the local store has not spoken yet. */
  readonly isLoaded?: boolean;
}

/** One zone, home.example.com, unless the cluster says others, with what the cluster says. */
export async function factsOf(cluster: Cluster): Promise<ExplainFacts> {
  const zones = cluster.zones ?? [HOME.apex];
  const catalog = createCatalog({
    sourceOptions: { ...defaultSourceOptions([HOME]), ...cluster.options },
    nowMs: () => 0,
    ...cluster.catalog,
  });
  for (const upserted of cluster.changes ?? []) catalog.apply({ upserted, deleted: [] });
  const answers = createAnswers({
    view: "",
    zones: zones.map((apex) => completeZoneOptions(apex)),
    awaited: ["static", "local", "manifests"],
    clock: new ManualClock(),
    log: SILENT,
    publish: async () => undefined,
  });
  await answers.contribute("static", claimsOf(cluster.static ?? []));
  if (cluster.isLoaded !== false) await answers.contribute("local", claimsOf(cluster.local ?? []));
  await answers.contribute("manifests", catalog);
  return {
    reading: {
      ...answers.facts(),
      zones,
      problemsAbout: (name) => catalog.problemsAbout(name),
      unreadableFiles: cluster.unreadableFiles ?? [],
      protectedNames: (cluster.options ?? defaultSourceOptions([HOME])).protectedNames ?? new Set(),
      kinds: [],
      kindsOn: SOURCE_NAMES,
      namespaces: [],
      readsManifests: true,
      recalledAtMs: undefined,
      ...cluster.reading,
    },
    view: "",
    otherViews: [],
    stored: cluster.stored,
  };
}

/** `label` is below the zone; "" is its apex. */
export async function explain(label: string, cluster: Cluster): Promise<Explanation> {
  return explainName(nameOf(label === "" ? HOME.apex : `${label}.${HOME.apex}`), await factsOf(cluster));
}

/** `name type target`, from the provider `local`. */
export function storedRecords(...lines: readonly string[]): StoredFacts {
  const records = lines.map((line): StoredRecord => {
    const [name = "", type = "", ...target] = line.split(" ");
    return { id: line, name: nameOf(name), type, target: target.join(" "), ttlSeconds: undefined, enabled: true };
  });
  return { provider: "local", records };
}
