// What annotations on a route, a ListenerSet or a Gateway say of where a name leads and how long it may be kept.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed } from "#src/domain/parsed.ts";
import { type DnsAnnotations, isIgnored, readAnnotations } from "#src/sources/annotations.ts";
import type { Attachment } from "./attachments.ts";
import { isPublicGateway } from "./watched-gateways.ts";

/** Whom external-dns reads objects for; any other value hands the object to somebody else. */
const CONTROLLER = "dns-controller";

/** Why the whole object is left alone; `undefined`: it is not. */
export function ignoredReason(object: ClusterObject, { controller }: DnsAnnotations): string | undefined {
  if (isIgnored(object)) return "the label k8s-gateway.dns/ignore is set";
  if (controller === undefined || controller === CONTROLLER) return undefined;
  return `its controller annotation names ${controller.slice(0, 253)}, not ${CONTROLLER}`;
}

/** An attachment with what annotations say of it. */
export interface Way extends Attachment {
  readonly targets: readonly string[];
  readonly ttlSeconds: Parsed<number | undefined>;
}

/**
 * The nearest annotation counts: the route's, the ListenerSet's, the Gateway's. A `target` at a Gateway for the internet is for
 * public DNS, and inside its own addresses answer (docs/decisions.md 40).
 */
export function wayThrough(attachment: Attachment, route: DnsAnnotations, prefixes: readonly string[]): Way {
  const { gateway, holders } = attachment;
  const nearestFirst = [route, ...holders.map((object) => readAnnotations(object, prefixes))];
  const targets = nearestFirst.find((each) => each.targets !== undefined)?.targets;
  const ttl = nearestFirst.find(({ ttlSeconds }) => !ttlSeconds.ok || ttlSeconds.value !== undefined)?.ttlSeconds;
  return {
    ...attachment,
    targets: (isPublicGateway(gateway) ? undefined : targets) ?? gateway.addresses,
    ttlSeconds: ttl ?? parsed(undefined),
  };
}

/** The shortest of all, or the first that cannot be read. */
export function shortestTtl(ways: readonly Way[]): Parsed<number | undefined> {
  const ttls = ways.map(({ ttlSeconds }) => ttlSeconds);
  const wrong = ttls.find((ttl) => !ttl.ok);
  if (wrong !== undefined) return wrong;
  const seconds = ttls.flatMap((ttl) => (ttl.ok && ttl.value !== undefined ? [ttl.value] : []));
  return parsed(seconds.length === 0 ? undefined : Math.min(...seconds));
}
