// Names from clusters: one catalog for each cluster, fed by the inventory, told whenever the record sets are others. Loaded only
// where a cluster is read.

import type { KubernetesSettings } from "#src/config/kubernetes.ts";
import type { InventoryChange } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { type ClusterAccess, type ClusterConnection, connectCluster } from "#src/kubernetes/connection.ts";
import { inClusterAccess } from "#src/kubernetes/in-cluster.ts";
import { type ClusterInventory, createClusterInventory } from "#src/kubernetes/inventory.ts";
import type { InventoryReport } from "#src/kubernetes/report.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { type Catalog, createCatalog } from "#src/sources/catalog.ts";
import type { SourceOptions, SourceProblem } from "#src/sources/source.ts";
import { readClusterObject, wantedResources } from "./cluster-resources.ts";

export interface ClusterNames extends Lifecycle {
  report(): ClusterNamesReport;
  problems(): readonly SourceProblem[];
  problemsAbout(name: DomainName): readonly SourceProblem[];
}

export interface ClusterNamesReport extends InventoryReport {
  /** Open connections to all clusters together. */
  readonly sockets: number;
}

interface ClusterNamesOptions {
  readonly sourceOptions: SourceOptions;
  readonly clock: Clock;
  readonly log: Logger;
  /** Every record set of every cluster. `complete`: each kind has been read, or will not be for now. */
  onRecordSets(recordSets: readonly RecordSet[], extent: "partial" | "complete"): void;
  /** Somebody who was told of a change threw. */
  bugCaught(): void;
}

export type ClusterNamesFactory = (options: ClusterNamesOptions) => ClusterNames;

/** Rejects with ConfigError or UnavailableError when there is no way to reach a cluster; asks none of them anything. */
export async function prepareCluster(settings: KubernetesSettings, clock: Clock): Promise<ClusterNamesFactory> {
  const { access, namespaces } = settings;
  const accesses =
    access.kind === "in-cluster" ? [inClusterAccess({ ...access, clock })] : await byContexts(access, clock);
  const resources = wantedResources();
  const watches = resources.length * Math.max(1, namespaces.length);
  return (options) => {
    const connections = accesses.map((one) => connectCluster(one, watches, clock));
    return new CatalogedClusters({ ...options, connections, namespaces });
  };
}

/** client-node is read from disk only for a kubeconfig. */
async function byContexts(
  { files, contexts }: Extract<KubernetesSettings["access"], { kind: "kubeconfig" }>,
  clock: Clock,
): Promise<readonly ClusterAccess[]> {
  const { kubeconfigAccess } = await import("#src/kubernetes/kubeconfig.ts");
  return kubeconfigAccess({ files, contexts, clock });
}

interface CatalogedOptions extends ClusterNamesOptions {
  readonly connections: readonly ClusterConnection[];
  readonly namespaces: readonly string[];
}

interface CatalogedCluster {
  /** As objects have it: absent where there is one cluster. */
  readonly name: string | undefined;
  readonly order: number;
  readonly catalog: Catalog;
}

class CatalogedClusters implements ClusterNames {
  readonly #options: CatalogedOptions;
  readonly #clusters: readonly CatalogedCluster[];
  readonly #inventory: ClusterInventory;
  readonly #stopping = new AbortController();
  #extent: "partial" | "complete" = "partial";
  #holding: AbortController | undefined;

  constructor(options: CatalogedOptions) {
    const { connections, namespaces, sourceOptions, clock, log } = options;
    this.#options = options;
    const isOnly = connections.length === 1;
    this.#clusters = connections.map(({ name }, order) => ({
      name: isOnly ? undefined : name,
      order,
      catalog: createCatalog({ sourceOptions, nowMs: () => clock.monotonicMs() }),
    }));
    this.#inventory = createClusterInventory({
      clusters: connections,
      resources: wantedResources(),
      namespaces,
      transform: readClusterObject,
      clock,
      log,
      random: Math.random,
      onChange: (change) => this.#takeIn(change),
      onReport: () => this.#noteSync(),
    });
  }

  start(): Promise<void> {
    return this.#inventory.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    await this.#inventory.stop();
    for (const connection of this.#options.connections) connection.close();
  }

  report(): ClusterNamesReport {
    const sockets = this.#options.connections.reduce((sum, connection) => sum + connection.sockets(), 0);
    return { ...this.#inventory.report(), sockets };
  }

  problems(): readonly SourceProblem[] {
    return this.#clusters.flatMap(({ catalog }) => catalog.problems());
  }

  problemsAbout(name: DomainName): readonly SourceProblem[] {
    return this.#clusters.flatMap(({ catalog }) => catalog.problemsAbout(name));
  }

  #takeIn({ upserted, deleted }: InventoryChange): void {
    try {
      for (const { name, catalog } of this.#clusters) {
        catalog.apply({
          upserted: upserted.filter(({ metadata }) => metadata.cluster === name),
          deleted: deleted.filter(({ cluster }) => cluster === name),
        });
      }
      this.#publish();
      this.#awaitExpiry();
    } catch (error) {
      this.#options.bugCaught();
      throw error;
    }
  }

  #publish(): void {
    this.#options.onRecordSets(this.#clusters.flatMap(recordSetsOf), this.#extent);
  }

  /** The inventory is complete after the change that made it so was told. */
  #noteSync(): void {
    if (this.#extent === "complete" || !this.#inventory.report().synced) return;
    this.#extent = "complete";
    this.#publish();
  }

  /** One sleep until the next address is let go; a later change may bring that forward. */
  #awaitExpiry(): void {
    this.#holding?.abort(new Error("looked at anew"));
    this.#holding = undefined;
    const next = Math.min(...this.#clusters.flatMap(({ catalog }) => catalog.nextExpiryMs() ?? []));
    if (!Number.isFinite(next) || this.#stopping.signal.aborted) return;
    const holding = new AbortController();
    this.#holding = holding;
    void this.#expireAt(next, holding.signal);
  }

  async #expireAt(atMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    try {
      await clock.sleep(Math.max(0, atMs - clock.monotonicMs()), AbortSignal.any([signal, this.#stopping.signal]));
    } catch {
      // Looked at anew, or the process stops.
      return;
    }
    for (const { catalog } of this.#clusters) catalog.expire();
    this.#publish();
    this.#awaitExpiry();
  }
}

function recordSetsOf({ name, order, catalog }: CatalogedCluster): readonly RecordSet[] {
  const recordSets = catalog.recordSets();
  if (name === undefined) return recordSets;
  return recordSets.map((set) => ({ ...set, origin: { ...set.origin, cluster: name, clusterOrder: order } }));
}
