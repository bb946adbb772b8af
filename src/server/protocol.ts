// What control plane and data plane say to each other, message by message; plain data only (structured clone).
// Figures are not among it: they lie in shared memory (counters.ts).

import type { ZoneChange } from "#src/dns/zone-content.ts";
import type { ListenGroup } from "./listen-addresses.ts";
import type { BindFailure, Endpoint } from "./listeners.ts";
import type { Network } from "./network.ts";
import type { TcpLimits } from "./tcp-limits.ts";

/** Whose answers the clients of these networks get where the socket does not decide (docs/decisions.md 18). */
export interface ClientView {
  readonly view: string;
  readonly clients: readonly Network[];
}

/** What a worker is born with (`workerData`). */
export interface WorkerSettings {
  readonly counterMemory: SharedArrayBuffer;
  readonly access: { readonly onLink: readonly Network[]; readonly allowed: readonly Network[] };
  /** Of the views that clients are sent to by their network, best right first. */
  readonly clientViews: readonly ClientView[];
  /** Networks that clients live in: addresses of a client's own come first in his answers. */
  readonly subnets: readonly Network[];
  readonly uncappedClients: readonly Network[];
  readonly tcpLimits: TcpLimits;
  /** Our name for NSID and id.server; `undefined`: none. */
  readonly serverId: string | undefined;
}

/** Carried out in the order sent. */
export type ControlMessage =
  /** Changes what is served, at once for all zones; epochs only rise. */
  | {
      readonly kind: "publish";
      readonly epoch: number;
      /** Whose answers change; `DEFAULT_VIEW` where there are no others. */
      readonly view: string;
      readonly changes: readonly ZoneChange[];
      /** False until every source has listed: negative answers wait (docs/decisions.md 16). */
      readonly ready: boolean;
    }
  /** Opens sockets beside those already open. */
  | { readonly kind: "listen"; readonly groups: readonly ListenGroup[] }
  /** The prefixes of our links changed: an access provider gave the LAN another IPv6 prefix. */
  | { readonly kind: "set-on-link"; readonly networks: readonly Network[] }
  | { readonly kind: "ping"; readonly id: number }
  /** Close TCP, then UDP, then end. */
  | { readonly kind: "stop" };

export type DataPlaneMessage =
  /** Everything up to this epoch is served, or replaced by what is. */
  | { readonly kind: "published"; readonly epoch: number }
  /** The content could not be made servable (a bug); what was served before still is. */
  | { readonly kind: "publish-refused"; readonly epoch: number; readonly problem: string }
  /** `ports`: of each group of the "listen" that this answers; `endpoints`: what it opened. */
  | {
      readonly kind: "listening";
      readonly endpoints: readonly Endpoint[];
      readonly ports: readonly number[];
      readonly skipped: readonly BindFailure[];
    }
  | { readonly kind: "bind-failed"; readonly failure: BindFailure }
  | { readonly kind: "pong"; readonly id: number }
  /** Answering a query failed (a bug); the client got SERVFAIL. At most one of these a second. */
  | { readonly kind: "panicked"; readonly problem: string };
