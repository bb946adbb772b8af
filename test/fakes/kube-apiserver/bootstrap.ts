// What stands in a cluster before anybody does anything: namespaces, and the roles that every user has.

import type { KubeObject } from "./objects.ts";

const RBAC = "rbac.authorization.k8s.io/v1";
const HEALTH_URLS = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
const DISCOVERY_URLS = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", ...HEALTH_URLS];

export const BOOTSTRAP_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"] as const;

export const BOOTSTRAP_OBJECTS: readonly KubeObject[] = [
  clusterRole("cluster-admin", [
    { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
    { nonResourceURLs: ["*"], verbs: ["*"] },
  ]),
  clusterRole("system:discovery", [{ nonResourceURLs: DISCOVERY_URLS, verbs: ["get"] }]),
  clusterRole("system:public-info-viewer", [{ nonResourceURLs: HEALTH_URLS, verbs: ["get"] }]),
  clusterRole("system:basic-user", [
    {
      apiGroups: ["authorization.k8s.io"],
      resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
      verbs: ["create"],
    },
    { apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"], verbs: ["create"] },
  ]),
  bindingToGroups("cluster-admin", ["system:masters"]),
  bindingToGroups("system:discovery", ["system:authenticated"]),
  bindingToGroups("system:public-info-viewer", ["system:authenticated", "system:unauthenticated"]),
  bindingToGroups("system:basic-user", ["system:authenticated"]),
];

export function clusterRole(name: string, rules: readonly object[]): KubeObject {
  return { apiVersion: RBAC, kind: "ClusterRole", metadata: { name }, rules };
}

function bindingToGroups(role: string, groups: readonly string[]): KubeObject {
  const subjects = groups.map((name) => ({ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name }));
  return clusterRoleBinding(role, role, subjects);
}

export function clusterRoleBinding(name: string, role: string, subjects: readonly object[]): KubeObject {
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role };
  return { apiVersion: RBAC, kind: "ClusterRoleBinding", metadata: { name }, roleRef, subjects };
}
