// How a cluster is reached: from inside by what the kubelet puts into the pod, from outside by a context of a kubeconfig.

import type { Clock } from "#src/lib/clock.ts";
import { type Credentials, createApiClient } from "./client.ts";
import { createHttpsTransport, type TlsMaterial } from "./https-transport.ts";
import type { ClusterLink } from "./inventory.ts";

/** Where a cluster is and how each side proves itself. */
export interface ClusterAccess {
  readonly name: string;
  readonly server: string;
  readonly credentials: Credentials;
  /** Read before each request: files may have been replaced. */
  readonly tls: () => TlsMaterial;
}

export interface ClusterConnection extends ClusterLink {
  readonly server: string;
  /** Open connections. */
  sockets(): number;
  close(): void;
}

/** Connections beside those of the watches: for lists, discovery and the cluster's identity. */
const SPARE_SOCKETS = 2;

/** Opens nothing before the first request. `watches` is how many there will be at a time. */
export function connectCluster(access: ClusterAccess, watches: number, clock: Clock): ClusterConnection {
  const { name, server, credentials, tls } = access;
  const transport = createHttpsTransport({ server, tls, maxSockets: watches + SPARE_SOCKETS });
  return {
    name,
    server,
    client: createApiClient({ transport: transport.send, credentials, clock }),
    sockets: transport.sockets,
    close: transport.close,
  };
}
