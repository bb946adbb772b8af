// gateway.networking.k8s.io routes: the hosts that a route and the listeners of its Gateways have in common point at the
// addresses of those Gateways.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import type { Origin } from "#src/domain/record.ts";
import { addressRecords, originOf } from "#src/sources/address-records.ts";
import { type DnsAnnotations, readAnnotations } from "#src/sources/annotations.ts";
import { limitHostnames, resolveHostnames, type ZonedName } from "#src/sources/hostnames.ts";
import { readPart } from "#src/sources/shape.ts";
import {
  type ProblemCode,
  rejected,
  type Source,
  type SourceContext,
  type SourceProblem,
  type SourceResult,
} from "#src/sources/source.ts";
import { ignoredReason, shortestTtl, type Way, wayThrough } from "./annotations.ts";
import { attachmentsOf, referencesOf } from "./attachments.ts";
import { eachOnce } from "./each-once.ts";
import { commonHosts, type RouteHost } from "./listener-hosts.ts";
import { GATEWAY, GATEWAY_GROUP, LISTENER_SETS, type RouteSpec, routeSpec, routeStatus } from "./shapes.ts";
import { isWatchedGateway, unwatchedText } from "./watched-gateways.ts";

type RouteKind = "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute";

/** Protocols of the listeners each kind can use. A TCPRoute may stand behind a listener that ends TLS. */
const PROTOCOLS: Readonly<Record<RouteKind, readonly string[]>> = {
  HTTPRoute: ["HTTP", "HTTPS"],
  GRPCRoute: ["HTTP", "HTTPS"],
  TLSRoute: ["TLS"],
  TCPRoute: ["TCP", "TLS"],
  UDPRoute: ["UDP"],
};

export function routeSource(kind: RouteKind): Source {
  return {
    resource: { group: GATEWAY_GROUP, kind },
    shape: { spec: routeSpec, status: routeStatus },
    lookups: [GATEWAY, ...LISTENER_SETS],
    references: (object) => {
      const spec = readPart("spec", routeSpec, object.spec);
      return spec.ok ? referencesOf(spec.value, object.metadata.namespace) : [];
    },
    toRecords: (object, context) => routeRecords(kind, object, context),
  };
}

function routeRecords(kind: RouteKind, object: ClusterObject, { options, lookup }: SourceContext): SourceResult {
  const annotations = readAnnotations(object, options.annotationPrefixes);
  const ignored = ignoredReason(object, annotations);
  if (ignored !== undefined) return rejected(object, "object.ignored", ignored);
  const spec = readPart("spec", routeSpec, object.spec);
  if (!spec.ok) return rejected(object, "object.invalid", spec.problem);
  const status = readPart("status", routeStatus, object.status);
  if (!status.ok) return rejected(object, "object.invalid", status.problem);

  const route = { object, spec: spec.value, status: status.value, protocols: PROTOCOLS[kind] };
  const { attachments, problems } = attachmentsOf(route, lookup);
  if (attachments.length === 0) return { recordSets: [], problems };
  const ways = attachments.map((each) => wayThrough(each, annotations, options.annotationPrefixes));
  const hosts = hostsOf(spec.value, annotations, object);
  const claims = claimHosts(hosts.hosts, ways, { object, options });
  const resolved = resolveHostnames([...claims.waysOf.keys()], object, options);
  const results = resolved.names.map((zoned) =>
    recordsOfName(zoned, claims.waysOf.get(zoned.name) ?? [], { object, kind }),
  );
  const all = [
    ...problems,
    ...hosts.problems,
    ...claims.problems,
    ...resolved.problems,
    ...results.flatMap((result) => result.problems),
  ];
  return { recordSets: results.flatMap((result) => result.recordSets), problems: eachOnce(all) };
}

interface Hosts {
  readonly hosts: readonly RouteHost[];
  readonly problems: readonly SourceProblem[];
}

/** external-dns `gateway-hostname-source`: which of the two places counts; both by default. */
function hostsOf(spec: RouteSpec, annotations: DnsAnnotations, object: ClusterObject): Hosts {
  const source = annotations.gatewayHostnameSource;
  const defined = source === "annotation-only" ? [] : (spec.hostnames ?? []).filter((host) => host.trim() !== "");
  const annotated = source === "defined-hosts-only" ? [] : annotations.hostnames;
  const { texts, problems } = limitHostnames([...defined, ...annotated], object);
  // A route without hosts of its own takes those of its listeners.
  const inherits = (spec.hostnames ?? []).length === 0 && source !== "annotation-only";
  return { hosts: inherits ? [undefined, ...texts] : texts, problems };
}

interface Claims {
  /** By host name; the ways by which it is reached, one for each parent that has a listener for it. */
  readonly waysOf: ReadonlyMap<string, readonly Way[]>;
  readonly problems: readonly SourceProblem[];
}

function claimHosts(
  hosts: readonly RouteHost[],
  ways: readonly Way[],
  { object, options }: { readonly object: ClusterObject; readonly options: SourceContext["options"] },
): Claims {
  const waysOf = new Map<string, Set<Way>>();
  const problems: SourceProblem[] = [];
  for (const host of hosts) {
    let isClaimed = false;
    for (const way of ways) {
      const names = commonHosts(way.listeners, host, options.zones);
      for (const name of names) waysOf.set(name, (waysOf.get(name) ?? new Set()).add(way));
      isClaimed ||= names.length > 0;
    }
    if (!isClaimed && host !== undefined) {
      const hostname = host.slice(0, 255);
      const reason = `no listener of its parents has a hostname that fits ${hostname}`;
      problems.push({ code: "listener.mismatch", object: keyOf(object), hostname, reason });
    }
  }
  if (waysOf.size === 0 && problems.length === 0) {
    const reason = "neither the route nor a listener of its parents names a host, and no annotation does";
    problems.push(...rejected(object, "host.none", reason).problems);
  }
  return { waysOf: new Map([...waysOf].map(([name, set]) => [name, [...set]])), problems };
}

/** Filters come first: what the zone does not watch has no part in the answer. */
function recordsOfName(
  zoned: ZonedName,
  ways: readonly Way[],
  { object, kind }: { readonly object: ClusterObject; readonly kind: RouteKind },
): SourceResult {
  const report = (code: ProblemCode, reason: string): SourceProblem => {
    return { code, object: keyOf(object), hostname: zoned.name, reason };
  };
  const watched = ways.filter(({ gateway }) => isWatchedGateway(gateway, zoned.zone));
  if (watched.length === 0) {
    const gateways = ways.map(({ gateway }) => gateway);
    return { recordSets: [], problems: [report("gateway.unwatched", unwatchedText(gateways, zoned.zone))] };
  }
  const unaccepted = watched.flatMap(({ acceptance, who }) =>
    acceptance.state === "accepted" ? [] : [report("route.unaccepted", `${who}: ${acceptance.reason}`)],
  );
  const accepted = watched.filter(({ acceptance }) => acceptance.state === "accepted");
  const pending = watched.filter(({ acceptance }) => acceptance.state === "pending");
  const counted = accepted.length > 0 ? accepted : pending;
  if (counted.length === 0) return { recordSets: [], problems: unaccepted };
  const records = addressRecords({
    object,
    origin: routeOrigin(object, kind, counted),
    names: [zoned],
    targets: accepted.flatMap(({ targets }) => targets),
    ttlSeconds: shortestTtl(counted),
    pendingReason:
      accepted.length > 0
        ? accepted.map(({ gateway }) => gateway.pendingReason).join("; ")
        : "no Gateway that its zone watches has accepted the route yet",
  });
  const wrong = accepted.flatMap(({ gateway }) =>
    gateway.addressProblems.map((reason) => ({ code: "address.invalid" as const, object: keyOf(object), reason })),
  );
  return { recordSets: records.recordSets, problems: [...unaccepted, ...wrong, ...records.problems] };
}

function routeOrigin(object: ClusterObject, kind: RouteKind, ways: readonly Way[]): Origin {
  const classes = [...new Set(ways.flatMap(({ gateway }) => gateway.className ?? []))];
  const gateways = [...new Set(ways.map(({ gateway }) => `${gateway.namespace}/${gateway.name}`))].sort();
  return { ...originOf(object, kind, classes.length === 1 ? classes[0] : undefined), gateways };
}
