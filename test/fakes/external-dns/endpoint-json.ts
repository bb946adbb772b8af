// Endpoints and changes to and from the wire: key order, omitted empties and the names of each external-dns release.

import type { Changes, Endpoint, ProviderProperty } from "./endpoint.ts";
import { decodeGoJson, encodeGoJson, goArray, goFields, goInteger, goString, goStringMap } from "./go-json.ts";

/**
 * Behaviour groups of external-dns: "0.14" = up to 0.14.1, "0.17" = 0.17 to 0.20, "0.21" = 0.21 and 0.22.
 * What each changed is listed where it is used.
 */
export type Release = "0.14" | "0.17" | "0.21";

export function encodeEndpoints(endpoints: readonly Endpoint[]): string {
  return encodeGoJson(endpoints.map(wireEndpoint));
}

/** Up to 0.16 `Changes` had no JSON tags: capital keys, and `null` where nothing is (#5355). */
export function encodeChanges(changes: Changes, release: Release): string {
  return encodeGoJson(release === "0.14" ? untaggedChanges(changes) : taggedChanges(changes));
}

/** Reads `[]*Endpoint`. Throws on what Go cannot decode; a null element would make Go panic, so it throws too. */
export function decodeEndpoints(text: string): Endpoint[] {
  return goArray(decodeGoJson(text), "*endpoint.Endpoint").map(decodeEndpoint);
}

/** Reads a Changes object as a webhook written in Go would: any key case, null or missing lists. */
export function decodeChanges(text: string): Changes {
  const field = goFields(decodeGoJson(text), "plan.Changes");
  const list = (name: string): Endpoint[] => goArray(field(name), "*endpoint.Endpoint").map(decodeEndpoint);
  return { create: list("create"), updateOld: list("updateOld"), updateNew: list("updateNew"), delete: list("delete") };
}

function wireEndpoint(of: Endpoint): object {
  return {
    ...(of.dnsName !== "" && { dnsName: of.dnsName }),
    ...(of.targets.length > 0 && { targets: of.targets }),
    ...(of.recordType !== "" && { recordType: of.recordType }),
    ...(of.setIdentifier !== "" && { setIdentifier: of.setIdentifier }),
    ...(of.recordTTL !== 0 && { recordTTL: of.recordTTL }),
    ...(Object.keys(of.labels).length > 0 && { labels: sortedByKey(of.labels) }),
    ...(of.providerSpecific.length > 0 && { providerSpecific: of.providerSpecific.map(wireProperty) }),
  };
}

function wireProperty(of: ProviderProperty): object {
  return { ...(of.name !== "" && { name: of.name }), ...(of.value !== "" && { value: of.value }) };
}

function sortedByKey(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function taggedChanges(changes: Changes): object {
  const lists = [
    ["create", changes.create],
    ["updateOld", changes.updateOld],
    ["updateNew", changes.updateNew],
    ["delete", changes.delete],
  ] as const;
  return Object.fromEntries(
    lists.filter(([, list]) => list.length > 0).map(([key, list]) => [key, list.map(wireEndpoint)]),
  );
}

function untaggedChanges(changes: Changes): object {
  const listOrNull = (list: readonly Endpoint[]): object[] | null =>
    list.length === 0 ? null : list.map(wireEndpoint);
  return {
    Create: listOrNull(changes.create),
    UpdateOld: listOrNull(changes.updateOld),
    UpdateNew: listOrNull(changes.updateNew),
    Delete: listOrNull(changes.delete),
  };
}

function decodeEndpoint(value: unknown): Endpoint {
  if (value === null) throw new Error("runtime error: invalid memory address or nil pointer dereference");
  const field = goFields(value, "endpoint.Endpoint");
  return {
    dnsName: goString(field("dnsName"), "dnsName"),
    targets: goArray(field("targets"), "string").map((target) => goString(target, "targets")),
    recordType: goString(field("recordType"), "recordType"),
    setIdentifier: goString(field("setIdentifier"), "setIdentifier"),
    recordTTL: goInteger(field("recordTTL"), "recordTTL"),
    labels: goStringMap(field("labels"), "labels"),
    providerSpecific: goArray(field("providerSpecific"), "ProviderSpecificProperty").map(decodeProperty),
  };
}

function decodeProperty(value: unknown): ProviderProperty {
  const field = goFields(value, "endpoint.ProviderSpecificProperty");
  return { name: goString(field("name"), "name"), value: goString(field("value"), "value") };
}
