// The kinds an API server has from the start, and how any kind is described.

export interface ResourceKind {
  readonly group: string;
  /** Served versions, the preferred one first. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly isNamespaced: boolean;
  /** Has `/status`: the main path then ignores status, and `/status` everything else. */
  readonly hasStatus: boolean;
  readonly shortNames: readonly string[];
  /** `all` for what `kubectl get all` shows. */
  readonly categories: readonly string[];
  readonly isCustom: boolean;
}

/** Names one kind of object in the store whatever the version: `ingresses.networking.k8s.io`, `pods.`. */
export function storeKey({ group, plural }: Pick<ResourceKind, "group" | "plural">): string {
  return `${plural}.${group}`;
}

export function groupVersion(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

export function splitGroupVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const [first = "", second] = apiVersion.split("/");
  return second === undefined ? { group: "", version: first } : { group: first, version: second };
}

const CRD_GROUP = "apiextensions.k8s.io";

type Row = readonly [apiVersion: string, kind: string, plural: string, scope: string, shortNames?: string];

/** Scope: N namespaced, C cluster; then S when it has a status subresource, A when `kubectl get all` shows it. */
const ROWS: readonly Row[] = [
  ["v1", "Namespace", "namespaces", "CS", "ns"],
  ["v1", "Service", "services", "NSA", "svc"],
  ["v1", "Pod", "pods", "NSA", "po"],
  ["v1", "Node", "nodes", "CS", "no"],
  ["v1", "ConfigMap", "configmaps", "N", "cm"],
  ["v1", "Secret", "secrets", "N"],
  ["v1", "ServiceAccount", "serviceaccounts", "N", "sa"],
  ["v1", "Endpoints", "endpoints", "N", "ep"],
  ["v1", "Event", "events", "N", "ev"],
  ["v1", "PersistentVolumeClaim", "persistentvolumeclaims", "NS", "pvc"],
  ["discovery.k8s.io/v1", "EndpointSlice", "endpointslices", "N"],
  ["networking.k8s.io/v1", "Ingress", "ingresses", "NS", "ing"],
  ["networking.k8s.io/v1", "IngressClass", "ingressclasses", "C"],
  ["networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "N", "netpol"],
  ["apps/v1", "Deployment", "deployments", "NSA", "deploy"],
  ["apps/v1", "StatefulSet", "statefulsets", "NSA", "sts"],
  ["apps/v1", "ReplicaSet", "replicasets", "NSA", "rs"],
  ["apps/v1", "DaemonSet", "daemonsets", "NSA", "ds"],
  ["policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "NS", "pdb"],
  ["rbac.authorization.k8s.io/v1", "Role", "roles", "N"],
  ["rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", "C"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", "N"],
  ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", "C"],
  ["coordination.k8s.io/v1", "Lease", "leases", "N"],
  [`${CRD_GROUP}/v1`, "CustomResourceDefinition", "customresourcedefinitions", "CS", "crd,crds"],
  ["scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", "C", "pc"],
];

export const BUILT_IN_RESOURCES: readonly ResourceKind[] = ROWS.map(([apiVersion, kind, plural, scope, shortNames]) => {
  const { group, version } = splitGroupVersion(apiVersion);
  return {
    group,
    versions: [version],
    kind,
    plural,
    singular: kind.toLowerCase(),
    isNamespaced: scope.startsWith("N"),
    hasStatus: scope.includes("S"),
    shortNames: shortNames?.split(",") ?? [],
    categories: scope.endsWith("A") ? ["all"] : [],
    isCustom: false,
  };
});

export const NAMESPACES = builtIn("namespaces");
export const SERVICE_ACCOUNTS = builtIn("serviceaccounts");
export const CUSTOM_RESOURCE_DEFINITIONS = builtIn("customresourcedefinitions");
export const ROLES = builtIn("roles");
export const CLUSTER_ROLES = builtIn("clusterroles");
export const ROLE_BINDINGS = builtIn("rolebindings");
export const CLUSTER_ROLE_BINDINGS = builtIn("clusterrolebindings");

function builtIn(plural: string): ResourceKind {
  const found = BUILT_IN_RESOURCES.find((resource) => resource.plural === plural);
  if (found === undefined) throw new Error(`no built-in kind ${plural}`);
  return found;
}
