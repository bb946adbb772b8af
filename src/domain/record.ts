// The one idea of a record that both halves share: sources and the local provider produce record sets, DNS serves them.

import type { DomainName } from "#src/domain/name.ts";

/** Every type that may stand in a record set. SOA is made from a zone's options and never stored. */
export const RECORD_TYPES = ["A", "AAAA", "CNAME", "TXT", "NS", "PTR", "MX", "SRV", "NAPTR", "CAA", "HTTPS"] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export function isRecordType(text: string): text is RecordType {
  return (RECORD_TYPES as readonly string[]).includes(text);
}

/**
 * Values of one name and type that are written and answered: a hundred AAAA records are an answer of 2.8 KiB, far beyond what
 * UDP carries, and more come from a mistake (facts: reliability T3). One number for both halves: what is acknowledged is served.
 */
export const MAX_TARGETS = 100;

/** Which part of Zonegate a record set comes from, in falling order of right to a name (docs/decisions.md 17). */
export const ORIGIN_KINDS = [
  "static",
  "local",
  "DNSEndpoint",
  "HTTPRoute",
  "GRPCRoute",
  "TLSRoute",
  "TCPRoute",
  "UDPRoute",
  "Gateway",
  "Ingress",
  "IngressRoute",
  "IngressRouteTCP",
  "IngressRouteUDP",
  "Service",
  "Pod",
  "Node",
] as const;
export type OriginKind = (typeof ORIGIN_KINDS)[number];

/** Where a record set comes from: for conflicts, views and `explain`; never part of snapshot equality. */
export interface Origin {
  readonly kind: OriginKind;
  /** Kubernetes namespace; absent for static and local records. */
  readonly namespace?: string;
  /** Object name, or the setting's path for static records. */
  readonly name: string;
  readonly uid?: string;
  /** Class that let the object in: of an Ingress, or of the Gateway it is reached by where that is one. */
  readonly className?: string;
  /** `namespace/name` of the Gateways it is reached by; for routes alone. */
  readonly gateways?: readonly string[];
  /** Unix milliseconds of the object's creation; absent when the object does not say. */
  readonly createdAtMs?: number;
  /** Which of several clusters it lives in; absent where there is one. */
  readonly cluster?: string;
  /** Its place among them, 0 has the best right; absent counts as 0. */
  readonly clusterOrder?: number;
}

/** An origin in words: `Ingress media/jellyfin`, `static records[0]`, `local`. */
export function originText({ kind, namespace, name, cluster }: Origin): string {
  if (kind === "local") return kind;
  const object = namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
  return cluster === undefined ? object : `${object} in cluster ${cluster}`;
}

/** All values of one name and type from one origin. */
export interface RecordSet {
  readonly name: DomainName;
  readonly type: RecordType;
  /** `undefined` takes the zone's default. */
  readonly ttlSeconds: number | undefined;
  /**
   * Values in the canonical text of `canonicalTarget`, no duplicates. Empty: the name exists but has no data yet (a load
   * balancer without an address), which answers NODATA rather than NXDOMAIN.
   */
  readonly targets: readonly string[];
  readonly origin: Origin;
  /** Read from a checkpoint, not from its origin: it may have changed since. */
  readonly isStale?: true;
}
