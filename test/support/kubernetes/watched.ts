// A cluster inventory on an API in memory and a clock of the test's, and what a listener knows by being told.

import { type ClusterObject, type InventoryChange, keyOf, keyText } from "#src/domain/cluster-object.ts";
import { type ApiClient, type Credentials, createApiClient } from "#src/kubernetes/client.ts";
import {
  type ClusterInventory,
  type ClusterInventoryOptions,
  createClusterInventory,
} from "#src/kubernetes/inventory.ts";
import type { KindReport } from "#src/kubernetes/report.ts";
import type { WantedResource } from "#src/kubernetes/served-resource.ts";
import type { ApiTransport } from "#src/kubernetes/transport.ts";
import type { Clock } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { readObject } from "#src/manifests/object-json.ts";
import { JumpingClock } from "#test/support/jumping-clock.ts";
import { createRandom } from "#test/support/random.ts";

export const INGRESS: WantedResource = { group: "networking.k8s.io", kind: "Ingress" };
const NO_CREDENTIALS: Credentials = { headers: () => Promise.resolve({}) };

export interface Watched {
  readonly clock: JumpingClock;
  readonly inventory: ClusterInventory;
  readonly changes: InventoryChange[];
  /** Names by what the listener was told, sorted. */
  readonly names: () => readonly string[];
  readonly told: () => ReadonlyMap<string, ClusterObject>;
  /** Of the only kind. */
  readonly kind: () => KindReport;
}

export type WatchedOptions = Partial<ClusterInventoryOptions> & {
  readonly clock?: JumpingClock;
  readonly credentials?: Credentials;
  readonly seed?: number;
};

/** Not started. */
export function watched(transport: ApiTransport, options: WatchedOptions = {}): Watched {
  const clock = options.clock ?? new JumpingClock();
  const told = new Map<string, ClusterObject>();
  const random = createRandom(options.seed ?? 1);
  const changes: InventoryChange[] = [];
  const client = clientOf(transport, clock, options.credentials);
  const inventory = createClusterInventory({
    clusters: [{ name: "home", client }],
    resources: [INGRESS],
    namespaces: [],
    transform: readAny,
    log: SILENT,
    random: () => random.next(),
    ...options,
    clock,
    onChange: (change) => {
      options.onChange?.(change);
      changes.push(change);
      for (const key of change.deleted) told.delete(keyText(key));
      for (const object of change.upserted) told.set(keyText(keyOf(object)), object);
    },
  });
  return {
    clock,
    inventory,
    changes,
    told: () => told,
    names: () => [...told.values()].map(({ metadata }) => metadata.name).sort(),
    kind: () => {
      const kind = inventory.report().clusters[0]?.kinds[0];
      if (kind === undefined) throw new Error("no kind is watched");
      return kind;
    },
  };
}

export function clientOf(transport: ApiTransport, clock: Clock, credentials = NO_CREDENTIALS): ApiClient {
  return createApiClient({ transport, credentials, clock });
}

export function readAny(value: unknown): ClusterObject {
  const object = readObject(value, (_, written) => written ?? "");
  if (!object.ok) throw new Error(object.problem);
  return object.value;
}
