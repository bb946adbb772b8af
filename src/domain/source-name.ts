// The words by which settings, rights and documentation name what can be read from a cluster.

/** Gateway API, in external-dns' words; `gateway` is what Gateways themselves name. */
const GATEWAY_API = [
  "gateway",
  "gateway-httproute",
  "gateway-grpcroute",
  "gateway-tlsroute",
  "gateway-tcproute",
  "gateway-udproute",
] as const;

/** In the order in which the documentation lists them; who wins a name stands in docs/decisions.md 17. */
export const SOURCE_NAMES = [
  "ingress",
  "service",
  ...GATEWAY_API,
  "dnsendpoint",
  "ingressroute",
  "ingressroutetcp",
  "ingressrouteudp",
  "node",
  "pod",
] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

/** One word for several. */
export const SOURCE_GROUPS: ReadonlyMap<string, readonly SourceName[]> = new Map([["gateway-api", GATEWAY_API]]);

/** What needs wide rights, or names what few want named. */
const OFF_BY_DEFAULT: ReadonlySet<SourceName> = new Set<SourceName>(["node", "pod"]);

/** Those that are on unless told otherwise. */
export const DEFAULT_SOURCE_NAMES: readonly SourceName[] = SOURCE_NAMES.filter((name) => !OFF_BY_DEFAULT.has(name));
