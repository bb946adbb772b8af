// Every kind that gives names: one line each, under the word by which the settings switch it on or off. What they look up
// besides follows from them.

import * as z from "zod";
import { SOURCE_NAMES, type SourceName } from "#src/domain/source-name.ts";
import { dnsEndpointSource } from "./dns-endpoint.ts";
import { gatewaySource } from "./gateway-api/gateway.ts";
import { routeSource } from "./gateway-api/route.ts";
import { ingressSource } from "./ingress.ts";
import { nodeSource } from "./node.ts";
import { podSource } from "./pod.ts";
import { serviceSource } from "./service.ts";
import type { ObjectShape, Source } from "./source.ts";
import { ingressRouteSource, ingressRouteTcpSource, ingressRouteUdpSource } from "./traefik.ts";

const REGISTRY: Readonly<Record<SourceName, Source>> = {
  ingress: ingressSource,
  service: serviceSource,
  gateway: gatewaySource,
  "gateway-httproute": routeSource("HTTPRoute"),
  "gateway-grpcroute": routeSource("GRPCRoute"),
  "gateway-tlsroute": routeSource("TLSRoute"),
  "gateway-tcproute": routeSource("TCPRoute"),
  "gateway-udproute": routeSource("UDPRoute"),
  dnsendpoint: dnsEndpointSource,
  ingressroute: ingressRouteSource,
  ingressroutetcp: ingressRouteTcpSource,
  ingressrouteudp: ingressRouteUdpSource,
  node: nodeSource,
  pod: podSource,
};

/** In the order of the registry, whatever the order of `names`. */
export function sourcesNamed(names: readonly SourceName[]): readonly Source[] {
  return SOURCE_NAMES.filter((name) => names.includes(name)).map((name) => REGISTRY[name]);
}

/** Every kind whose objects these sources read, their own and those they look up: what has to be watched, each once. */
export function shapesOf(sources: readonly Source[]): readonly ObjectShape[] {
  const shapes = new Map<string, ObjectShape>();
  const all = [
    ...sources.map(({ resource, shape }) => ({ ...resource, ...shape })),
    ...sources.flatMap((s) => s.lookups),
  ];
  for (const shape of all) {
    const id = `${shape.group}/${shape.kind}`;
    // A kind may be a source and a look-up of another: what either reads is kept.
    const known = shapes.get(id);
    shapes.set(id, known === undefined ? shape : united(known, shape));
  }
  return [...shapes.values()];
}

function united(a: ObjectShape, b: ObjectShape): ObjectShape {
  const { group, kind } = a;
  const spec = unitedSchema(a.spec, b.spec);
  const status = unitedSchema(a.status, b.status);
  const keepAnnotations = a.keepAnnotations ?? b.keepAnnotations;
  return {
    group,
    kind,
    ...(keepAnnotations === undefined ? {} : { keepAnnotations }),
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  };
}

function unitedSchema(a: z.ZodType | undefined, b: z.ZodType | undefined): z.ZodType | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  return z.intersection(a, b);
}
