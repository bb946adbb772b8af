// The objects of the clusters in the settings, as they change. Loaded only where a cluster is read.

import type { KubernetesSettings } from "#src/config/kubernetes.ts";
import type { InventoryChange } from "#src/domain/cluster-object.ts";
import { type ClusterAccess, type ClusterConnection, connectCluster } from "#src/kubernetes/connection.ts";
import { inClusterAccess } from "#src/kubernetes/in-cluster.ts";
import { type ClusterInventory, createClusterInventory } from "#src/kubernetes/inventory.ts";
import { createLeaseReader, type Lease } from "#src/kubernetes/lease.ts";
import type { InventoryReport } from "#src/kubernetes/report.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import type { ObjectShape } from "#src/sources/source.ts";
import type { Trim } from "#src/sources/trim.ts";
import { readTrimmed, wantedResources } from "./cluster-resources.ts";

export interface ClusterFeed extends Lifecycle {
  /** As objects have them, in falling order of right; `undefined` alone where there is one cluster. */
  readonly clusters: readonly (string | undefined)[];
  report(): ClusterFeedReport;
  /** Asks the cluster now, within two seconds; `cluster` as objects have it. `undefined`: there is no such Lease. */
  readLease(cluster: string | undefined, namespace: string, name: string): Promise<Lease | undefined>;
}

export interface ClusterFeedReport extends InventoryReport {
  /** Open connections to all clusters together. */
  readonly sockets: number;
}

interface ClusterFeedOptions {
  readonly shapes: readonly ObjectShape[];
  readonly trim: Trim;
  readonly log: Logger;
  /** When it throws, everything is told anew a moment later. */
  onChange(change: InventoryChange): void;
  /** Something in the report is another. */
  onReport(): void;
}

export type ClusterFeedFactory = (options: ClusterFeedOptions) => ClusterFeed;

/** Rejects with ConfigError or UnavailableError when there is no way to reach a cluster; asks none of them anything. */
export async function prepareClusterFeed(settings: KubernetesSettings, clock: Clock): Promise<ClusterFeedFactory> {
  const { access, namespaces } = settings;
  const accesses =
    access.kind === "in-cluster" ? [inClusterAccess({ ...access, clock })] : await byContexts(access, clock);
  return (options) => {
    const watches = options.shapes.length * Math.max(1, namespaces.length);
    const connections = accesses.map((one) => connectCluster(one, watches, clock));
    return createFeed(connections, { ...options, namespaces, clock });
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

interface FeedSurroundings extends ClusterFeedOptions {
  readonly namespaces: readonly string[];
  readonly clock: Clock;
}

function createFeed(connections: readonly ClusterConnection[], options: FeedSurroundings): ClusterFeed {
  const { shapes, trim, namespaces, clock, log } = options;
  const inventory: ClusterInventory = createClusterInventory({
    clusters: connections,
    resources: wantedResources(shapes),
    namespaces,
    transform: (raw) => readTrimmed(raw, trim),
    clock,
    log,
    random: Math.random,
    onChange: (change) => options.onChange(change),
    onReport: () => options.onReport(),
  });
  const leases = connections.map(({ name, client }) => ({ name, reader: createLeaseReader(client, clock) }));
  return {
    clusters: connections.length === 1 ? [undefined] : connections.map(({ name }) => name),
    start: () => inventory.start(),
    stop: async () => {
      await inventory.stop();
      for (const connection of connections) connection.close();
    },
    report: () => ({
      ...inventory.report(),
      sockets: connections.reduce((sum, connection) => sum + connection.sockets(), 0),
    }),
    readLease: async (cluster, namespace, name) => {
      const asked = leases.find((one) => cluster === undefined || one.name === cluster);
      return asked?.reader.read(namespace, name);
    },
  };
}
