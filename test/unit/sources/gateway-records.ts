// What a route gives, in the words of tests.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { routeSource } from "#src/sources/gateway-api/route.ts";
import type { SourceZone } from "#src/sources/source.ts";
import { gateway, type RouteParts } from "./gateway-objects.ts";
import { contextOf, HOME, lines } from "./objects.ts";

const ED = "external-dns.alpha.kubernetes.io/";

export const HOST = "app.home.example.com";
export const ANSWERED = [`${HOST} A 192.0.2.1`];

/** Of one route among `others`. */
export function records(
  object: ClusterObject,
  others: readonly ClusterObject[] = [gateway()],
  zones: readonly SourceZone[] = [HOME],
) {
  const source = routeSource(object.kind as Parameters<typeof routeSource>[0]);
  const { recordSets, problems } = source.toRecords(object, contextOf(zones, { others }));
  return { lines: lines(recordSets), codes: problems.map(({ code }) => code), problems, sets: recordSets };
}

/** external-dns annotations by their short names. */
export function annotated(annotations: Readonly<Record<string, string>>): Required<Pick<RouteParts, "metadata">> {
  return { metadata: { annotations: Object.fromEntries(Object.entries(annotations).map(([k, v]) => [ED + k, v])) } };
}
