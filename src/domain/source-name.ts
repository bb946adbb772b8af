// The words by which settings, rights and documentation name what can be read from a cluster.

/** In the order in which the documentation lists them; who wins a name stands in docs/decisions.md 17. */
export const SOURCE_NAMES = ["ingress", "service", "dnsendpoint"] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

/** Those that are on unless told otherwise: what nearly everybody has, and what needs no wide rights. */
export const DEFAULT_SOURCE_NAMES: readonly SourceName[] = ["ingress", "service", "dnsendpoint"];
