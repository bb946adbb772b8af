// Which rights in a cluster the enabled sources need: exactly these, for the command, the documentation and the chart. Discovery
// needs none: every account may ask what is served (ClusterRole system:discovery).

import type { SourceName } from "#src/domain/source-name.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { resourceName } from "#src/sources/resource-names.ts";

/** Of one resource. */
export interface Right {
  /** "" for core. */
  readonly apiGroup: string;
  /** Plural: `ingresses`. */
  readonly resource: string;
  /** A right for a kind in namespaces may be given in each of them alone. */
  readonly scope: "namespace" | "cluster";
  readonly verbs: readonly string[];
  /** Only these objects; absent: all. */
  readonly resourceNames?: readonly string[];
}

/** As roles hold it (rbac.authorization.k8s.io/v1 PolicyRule). */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface NeededRules {
  /** Of a ClusterRole. */
  readonly cluster: readonly PolicyRule[];
  /** Of a Role in each of the namespaces; empty where every namespace is read. */
  readonly namespace: readonly PolicyRule[];
}

/** Tells one cluster from another (docs/decisions.md 42). Its absence costs no name. */
export const IDENTITY_RIGHT: Right = {
  apiGroup: "",
  resource: "namespaces",
  scope: "cluster",
  resourceNames: ["kube-system"],
  verbs: ["get"],
};

/** What is read is listed once and then watched; single objects are never asked for. */
export const READ_VERBS: readonly string[] = ["list", "watch"];

/** `namespaces` as in the settings: empty for all. */
export function neededRules(kinds: readonly SourceName[], namespaces: readonly string[]): NeededRules {
  const rights = rightsOfSources(kinds);
  const inNamespaces = (right: Right): boolean => namespaces.length > 0 && right.scope === "namespace";
  return {
    cluster: [...rulesOf(rights.filter((right) => !inNamespaces(right))), ...rulesOf([IDENTITY_RIGHT])],
    namespace: rulesOf(rights.filter(inNamespaces)),
  };
}

/** What these sources read, and what they look up besides; sorted by group and resource. */
export function rightsOfSources(kinds: readonly SourceName[]): readonly Right[] {
  return shapesOf(sourcesNamed(kinds))
    .map((shape): Right => {
      const { plural, scope } = resourceName(shape);
      return { apiGroup: shape.group, resource: plural, scope, verbs: READ_VERBS };
    })
    .sort((a, b) => compare(a.apiGroup, b.apiGroup) || compare(a.resource, b.resource));
}

/** One rule for each group, of rights that are sorted. */
function rulesOf(rights: readonly Right[]): readonly PolicyRule[] {
  const groups = Map.groupBy(rights, ({ apiGroup }) => apiGroup);
  return [...groups].map(([apiGroup, ofGroup]) => ({
    apiGroups: [apiGroup],
    resources: ofGroup.map(({ resource }) => resource),
    ...(ofGroup[0]?.resourceNames === undefined ? {} : { resourceNames: ofGroup[0].resourceNames }),
    verbs: ofGroup[0]?.verbs ?? READ_VERBS,
  }));
}

/** By code units, as Helm sorts: no locale may order a role in another way. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
