// What the settings say about single kinds of objects, with the defaults.

import type { LabelSelector } from "#src/domain/label-selector.ts";

export interface KindOptions {
  readonly service: {
    /** One of them has to match; empty: every Service counts. */
    readonly labelSelectors: readonly LabelSelector[];
    /** Whether names in `internal-hostname` answer cluster IPs, for networks that route them. */
    readonly clusterAddresses: boolean;
  };
  readonly ingress: {
    /** Whether the hosts in `spec.tls` are names too. */
    readonly tlsHosts: boolean;
  };
  readonly node: { readonly addressType: NodeAddressType };
  readonly traefik: {
    /** Whose addresses Traefik's routes have. */
    readonly service: { readonly namespace: string; readonly name: string };
  };
  readonly multus: {
    /** `all`: a Pod without an annotation is called `name.namespace`. */
    readonly names: "annotated" | "all";
  };
}

export type NodeAddressType = "InternalIP" | "ExternalIP";

export const DEFAULT_KIND_OPTIONS: KindOptions = {
  service: { labelSelectors: [], clusterAddresses: false },
  ingress: { tlsHosts: false },
  node: { addressType: "InternalIP" },
  traefik: { service: { namespace: "traefik", name: "traefik" } },
  multus: { names: "annotated" },
};
