// traefik.io IngressRoute, IngressRouteTCP and IngressRouteUDP: the hosts of their rules, and annotated names, point at
// Traefik's own Service. They have no status.

import * as z from "zod";
import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import type { OriginKind } from "#src/domain/record.ts";
import { addressRecords, originOf } from "./address-records.ts";
import { type DnsAnnotations, isIgnored, readAnnotations } from "./annotations.ts";
import { resolveHostnames } from "./hostnames.ts";
import {
  chooseClassTargets,
  classOf,
  classReference,
  type EffectiveClass,
  effectiveClass,
  INGRESS_CLASS,
  isWatched,
  readIngressClasses,
  unwatchedProblem,
} from "./ingress-class.ts";
import { loadBalancerStatus, loadBalancerTargets } from "./load-balancer.ts";
import { SERVICE, serviceSpec } from "./service-addresses.ts";
import { readPart } from "./shape.ts";
import {
  type Lookup,
  type Reference,
  rejected,
  type Source,
  type SourceContext,
  type SourceOptions,
  type SourceProblem,
  type SourceResult,
} from "./source.ts";
import { hostsOfRule } from "./traefik-rule.ts";

const routeSpec = z.object({
  routes: z.array(z.object({ match: z.string().nullish() })).nullish(),
});
type RouteSpec = z.infer<typeof routeSpec>;

type RouteKind = Extract<OriginKind, "IngressRoute" | "IngressRouteTCP" | "IngressRouteUDP">;

export const ingressRouteSource = traefikSource("IngressRoute");
export const ingressRouteTcpSource = traefikSource("IngressRouteTCP");
/** UDP knows no hosts: annotations alone name it. */
export const ingressRouteUdpSource = traefikSource("IngressRouteUDP");

function traefikSource(kind: RouteKind): Source {
  return {
    resource: { group: "traefik.io", kind },
    shape: { spec: routeSpec },
    lookups: [SERVICE, INGRESS_CLASS],
    references: (object, options) => {
      const className = classOf(object, undefined);
      return [serviceReference(options), ...(className === undefined ? [] : [classReference(className)])];
    },
    toRecords: (object, context) => routeRecords(kind, object, context),
  };
}

function routeRecords(kind: RouteKind, object: ClusterObject, context: SourceContext): SourceResult {
  if (isIgnored(object)) return rejected(object, "object.ignored", "the label k8s-gateway.dns/ignore is set");
  const spec = readPart("spec", routeSpec, object.spec);
  if (!spec.ok) return rejected(object, "object.invalid", spec.problem);
  const { options, lookup } = context;
  const annotations = readAnnotations(object, options.annotationPrefixes);
  const { hosts, problems } = hostsOf(kind, object, spec.value, annotations);
  if (hosts.length === 0) return { recordSets: [], problems };

  const routeClass = classOfRoute(object, lookup);
  const resolved = resolveHostnames(hosts, object, options);
  const unwatched = resolved.names.filter(({ zone }) => !isWatched(routeClass, zone));
  const service = serviceTargets(context);
  const records = addressRecords({
    object,
    origin: originOf(object, kind, routeClass.name),
    names: resolved.names.filter(({ zone }) => isWatched(routeClass, zone)),
    targets: chooseClassTargets(annotations, routeClass, options) ?? service.targets,
    ttlSeconds: annotations.ttlSeconds,
    pendingReason: service.pendingReason,
  });
  return {
    recordSets: records.recordSets,
    problems: [
      ...problems,
      ...resolved.problems,
      ...unwatched.map((zoned) => unwatchedProblem(object, zoned, routeClass)),
      ...records.problems,
    ],
  };
}

function hostsOf(
  kind: RouteKind,
  object: ClusterObject,
  spec: RouteSpec,
  annotations: DnsAnnotations,
): { readonly hosts: readonly string[]; readonly problems: readonly SourceProblem[] } {
  const hosts: string[] = [];
  const problems: SourceProblem[] = [];
  for (const [index, route] of (spec.routes ?? []).entries()) {
    if (kind === "IngressRouteUDP" || !route.match) continue;
    const where = `spec.routes[${index}].match`;
    const read = hostsOfRule(route.match);
    if (!read.ok) {
      problems.push({ code: "rule.invalid", object: keyOf(object), reason: `${where}: ${read.problem}` });
      continue;
    }
    hosts.push(...read.value.hosts);
    for (const pattern of read.value.patterns) {
      const reason = `${where}: ${pattern.slice(0, MAX_PATTERN_CHARACTERS)} is a pattern, which names no host`;
      problems.push({ code: "rule.pattern", object: keyOf(object), reason });
    }
  }
  hosts.push(...annotations.hostnames);
  if (hosts.length > 0 || problems.length > 0 || kind === "IngressRouteUDP") return { hosts, problems };
  return { hosts, problems: rejected(object, "host.none", "no rule names a host and no annotation does").problems };
}

/** A pattern may be long; a message must not. */
const MAX_PATTERN_CHARACTERS = 200;

/** Traefik takes a route without the annotation whatever class it watches, so it counts as one of the default class. */
function classOfRoute(object: ClusterObject, lookup: Lookup): EffectiveClass {
  const name = classOf(object, undefined);
  if (name === undefined) return { name, isDefault: true };
  return effectiveClass(name, readIngressClasses(lookup.list(INGRESS_CLASS, "")));
}

function serviceReference({ kinds }: SourceOptions): Reference {
  return { group: SERVICE.group, kind: SERVICE.kind, ...kinds.traefik.service };
}

function serviceTargets({ options, lookup }: SourceContext): {
  readonly targets: readonly string[];
  readonly pendingReason: string;
} {
  const { namespace, name } = options.kinds.traefik.service;
  const text = `Service ${namespace}/${name}`;
  const service = lookup.get(serviceReference(options));
  if (service === undefined) {
    return { targets: [], pendingReason: `there is no ${text}; sources.traefik.service names that of Traefik` };
  }
  const spec = readPart("spec", serviceSpec, service.spec);
  const status = readPart("status", loadBalancerStatus, service.status);
  const externalIPs = spec.ok ? (spec.value.externalIPs ?? []) : [];
  const fromStatus = status.ok ? loadBalancerTargets(status.value) : [];
  return {
    targets: externalIPs.length > 0 ? externalIPs : fromStatus,
    pendingReason: `${text} has no address in status.loadBalancer and spec.externalIPs is empty`,
  };
}
