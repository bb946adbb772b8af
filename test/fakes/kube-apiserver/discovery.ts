// What the server says it serves: /api, /apis and their versions, aggregated (apidiscovery.k8s.io/v2) or not.

import { byVersionPriority, type Catalogue } from "./catalogue.ts";
import { groupVersion, type ResourceKind } from "./resources.ts";
import { REVIEW_RESOURCES } from "./reviews.ts";

const AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** `undefined` when the path is none of discovery's. */
export function discover(
  catalogue: Catalogue,
  path: string,
  accept: string,
): { type: string; body: object } | undefined {
  const plain = path.replace(/\/$/, "");
  const isAggregated = /g=apidiscovery\.k8s\.io;v=v2;as=APIGroupDiscoveryList/.test(accept.replaceAll(" ", ""));
  const json = (body: object): { type: string; body: object } => ({ type: "application/json", body });
  if ((plain === "/api" || plain === "/apis") && isAggregated) {
    return { type: AGGREGATED_TYPE, body: aggregated(catalogue, plain === "/api") };
  }
  if (plain === "/api") return json({ kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: ADDRESSES });
  if (plain === "/apis") {
    const groups = groupNames(catalogue).filter((group) => group !== "");
    return json({ kind: "APIGroupList", apiVersion: "v1", groups: groups.map((group) => groupOf(catalogue, group)) });
  }
  const found = discoverGroup(catalogue, plain);
  return found === undefined ? undefined : json(found);
}

/** `/apis/GROUP`, `/apis/GROUP/VERSION`, `/api/v1`. */
function discoverGroup(catalogue: Catalogue, path: string): object | undefined {
  const [, core, group = "", version = core] = /^\/(?:api\/([^/]+)|apis\/([^/]+)(?:\/([^/]+))?)$/.exec(path) ?? [];
  if (!groupNames(catalogue).includes(group) || (group === "" && core === undefined)) return undefined;
  if (version === undefined) return { kind: "APIGroup", apiVersion: "v1", ...groupOf(catalogue, group) };
  const resources = served(catalogue, group, version).flatMap((resource) => plainEntries(resource));
  if (resources.length === 0) return undefined;
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: groupVersion(group, version), resources };
}

const ADDRESSES = [{ clientCIDR: "0.0.0.0/0", serverAddress: "127.0.0.1:6443" }];

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const STATUS_VERBS = ["get", "patch", "update"];

function allKinds(catalogue: Catalogue): readonly ResourceKind[] {
  return [...catalogue.all(), ...REVIEW_RESOURCES];
}

function groupNames(catalogue: Catalogue): readonly string[] {
  return [...new Set(allKinds(catalogue).map(({ group }) => group))];
}

function served(catalogue: Catalogue, group: string, version: string): readonly ResourceKind[] {
  return allKinds(catalogue).filter((kind) => kind.group === group && kind.versions.includes(version));
}

function versionsOf(catalogue: Catalogue, group: string): readonly string[] {
  const versions = allKinds(catalogue)
    .filter((kind) => kind.group === group)
    .flatMap((kind) => kind.versions);
  return [...new Set(versions)].toSorted(byVersionPriority);
}

function groupOf(catalogue: Catalogue, name: string): object {
  const versions = versionsOf(catalogue, name).map((version) => ({
    groupVersion: groupVersion(name, version),
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

function plainEntries(resource: ResourceKind): readonly object[] {
  const { plural, singular, isNamespaced: namespaced, kind } = resource;
  const isReview = REVIEW_RESOURCES.includes(resource);
  const entry = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: isReview ? ["create"] : VERBS,
    ...namesOf(resource),
  };
  const status = { name: `${plural}/status`, singularName: "", namespaced, kind, verbs: STATUS_VERBS };
  return resource.hasStatus ? [entry, status] : [entry];
}

function aggregated(catalogue: Catalogue, isCore: boolean): object {
  const groups = groupNames(catalogue).filter((group) => (group === "") === isCore);
  const items = groups.map((group) => ({
    metadata: { name: group === "" ? undefined : group, creationTimestamp: null },
    versions: versionsOf(catalogue, group).map((version) => ({
      version,
      resources: served(catalogue, group, version).map((resource) => aggregatedEntry(resource, version)),
      freshness: "Current",
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function aggregatedEntry(resource: ResourceKind, version: string): object {
  const { group, kind, plural, singular, isNamespaced } = resource;
  const responseKind = { group, version, kind };
  const subresources = [{ subresource: "status", responseKind, verbs: STATUS_VERBS }];
  return {
    resource: plural,
    responseKind,
    scope: isNamespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: REVIEW_RESOURCES.includes(resource) ? ["create"] : VERBS,
    ...namesOf(resource),
    ...(resource.hasStatus ? { subresources } : {}),
  };
}

function namesOf({ shortNames, categories }: ResourceKind): object {
  return {
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}
