// What people write on objects for DNS: external-dns annotations under each configured prefix, CoreDNS's host name, the
// opt-out label of k8s_gateway. Knows nothing of zones or of kinds.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

export interface DnsAnnotations {
  /** external-dns `hostname`, in the order written. */
  readonly hostnames: readonly string[];
  /** external-dns `internal-hostname`. */
  readonly internalHostnames: readonly string[];
  /** `coredns.io/hostname`. */
  readonly corednsHostnames: readonly string[];
  /** True when one of the three is there, even an empty one: it takes the place of a default name. */
  readonly namesHost: boolean;
  /** external-dns `target`; `undefined` when absent or empty. */
  readonly targets: readonly string[] | undefined;
  /** external-dns `ttl` in seconds; `undefined` when absent. */
  readonly ttlSeconds: Parsed<number | undefined>;
  /** external-dns `ingress-hostname-source`, as written. */
  readonly hostnameSource: string | undefined;
  /** external-dns `access`: which addresses of nodes; `undefined`: external ones where there are any. */
  readonly access: "public" | "private" | undefined;
  /** external-dns `endpoints-type`, as written: whose addresses stand for the endpoints of a Service. */
  readonly endpointsType: string | undefined;
  /** `k8s-gateway.dns/resolve-endpoints` is "true", or `endpoints-type` is there: the endpoints of a Service answer. */
  readonly resolvesEndpoints: boolean;
  /** external-dns `gateway-hostname-source`, as written. */
  readonly gatewayHostnameSource: string | undefined;
  /** external-dns `controller`, as written. */
  readonly controller: string | undefined;
}

/** Label by which k8s_gateway's users take an object out of DNS. */
const IGNORE_LABEL = "k8s-gateway.dns/ignore";
const RESOLVE_ENDPOINTS = "k8s-gateway.dns/resolve-endpoints";
const COREDNS_HOSTNAME = "coredns.io/hostname";

/** RFC 2181 §8: 31 bits. */
export const MAX_TTL_SECONDS = 2_147_483_647;

/** True when the object carries the opt-out label of k8s_gateway. */
export function isIgnored(object: ClusterObject): boolean {
  return object.metadata.labels[IGNORE_LABEL] === "true";
}

/** Reads the annotations under every prefix (each with its final slash). */
export function readAnnotations(object: ClusterObject, prefixes: readonly string[]): DnsAnnotations {
  const { annotations } = object.metadata;
  const all = (key: string): readonly string[] =>
    prefixes.map((prefix) => annotations[prefix + key]).filter((value) => value !== undefined);
  const hostnames = all("hostname");
  const internal = all("internal-hostname");
  const coredns = [annotations[COREDNS_HOSTNAME]].filter((value) => value !== undefined);
  const targets = all("target")
    .map(splitList)
    .find((list) => list.length > 0);
  const endpointsType = all("endpoints-type")[0]?.trim();
  return {
    hostnames: hostnames.flatMap(splitList),
    internalHostnames: internal.flatMap(splitList),
    corednsHostnames: coredns.flatMap(splitList),
    namesHost: hostnames.length + internal.length + coredns.length > 0,
    targets,
    ttlSeconds: parseTtl(all("ttl")[0]),
    hostnameSource: all("ingress-hostname-source")[0]?.trim(),
    access: (["public", "private"] as const).find((access) => access === all("access")[0]?.trim()),
    endpointsType,
    resolvesEndpoints: annotations[RESOLVE_ENDPOINTS] === "true" || endpointsType !== undefined,
    gatewayHostnameSource: all("gateway-hostname-source")[0]?.trim(),
    controller: all("controller")[0]?.trim(),
  };
}

/** external-dns removes every blank and splits at commas; empty entries are nothing. */
export function splitList(text: string): readonly string[] {
  return text
    .replaceAll(/\s/g, "")
    .split(",")
    .filter((entry) => entry !== "");
}

/** Whole seconds ("300") or a Go duration ("1h30m"), 1 to 2^31-1 seconds, as external-dns reads it. */
export function parseTtl(text: string | undefined): Parsed<number | undefined> {
  const trimmed = text?.trim();
  if (trimmed === undefined) return parsed(undefined);
  const seconds = /^\d{1,10}$/.test(trimmed) ? Number(trimmed) : goDurationSeconds(trimmed);
  if (seconds !== undefined && seconds >= 1 && seconds <= MAX_TTL_SECONDS) return parsed(seconds);
  return unparsable(
    `ttl "${trimmed}" is neither seconds from 1 to ${MAX_TTL_SECONDS} nor a duration such as 1m or 1h30m`,
  );
}

/** Seconds of each unit of Go's time.ParseDuration. */
const GO_UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Whole seconds, cut like Go's int conversion. */
function goDurationSeconds(text: string): number | undefined {
  if (text.length > 64 || !/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    seconds += Number(amount) * (GO_UNIT_SECONDS[unit] ?? 0);
  }
  return Math.floor(seconds);
}
