// Role-based access as the RBAC authorizer decides it, from the role and binding objects in the store.

import { isRecord, type JsonRecord, listOf, recordOf, type StoredObject, stringsOf } from "./objects.ts";
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES, storeKey } from "./resources.ts";
import type { ObjectStore } from "./store.ts";
import { type Identity, MASTERS_GROUP } from "./tokens.ts";

export interface AccessAttempt {
  readonly verb: string;
  readonly resource: { readonly group: string; readonly plural: string; readonly subresource: string } | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

export interface Decision {
  readonly isAllowed: boolean;
  /** Roles that bindings name and nobody made, as the authorizer reports them. */
  readonly why: string;
}

/** Bindings only ever add: allowed when one rule of one role covers the attempt. */
export function authorize(store: ObjectStore, user: Identity, attempt: AccessAttempt): Decision {
  if (user.groups.includes(MASTERS_GROUP)) return { isAllowed: true, why: "" };
  const { rules, problems } = rulesFor(store, user, attempt.namespace);
  const isAllowed = rules.some((rule) => covers(rule, attempt));
  return { isAllowed, why: problems.length === 0 ? "" : `RBAC: ${describeProblems(problems)}` };
}

/** All rules that hold for a user in a namespace (empty: the cluster's alone). */
export function rulesFor(
  store: ObjectStore,
  user: Identity,
  namespace: string,
): { readonly rules: readonly JsonRecord[]; readonly problems: readonly string[] } {
  const bindings = [
    ...store.all(storeKey(CLUSTER_ROLE_BINDINGS)),
    ...store.all(storeKey(ROLE_BINDINGS)).filter(({ metadata }) => metadata.namespace === namespace),
  ].filter((binding) => listOf(binding["subjects"]).some((subject) => isSubject(subject, user, binding)));
  const rules: JsonRecord[] = [];
  const problems: string[] = [];
  for (const binding of bindings) {
    const role = roleOf(store, binding);
    if (typeof role === "string") problems.push(role);
    else rules.push(...listOf(role["rules"]).filter(isRecord));
  }
  return { rules, problems };
}

function roleOf(store: ObjectStore, { metadata, ...binding }: StoredObject): StoredObject | string {
  const { kind, name } = recordOf(binding["roleRef"]);
  const isClusterRole = kind === "ClusterRole";
  const role = isClusterRole
    ? store.read(storeKey(CLUSTER_ROLES), "", String(name))
    : store.read(storeKey(ROLES), metadata.namespace ?? "", String(name));
  const word = isClusterRole ? "clusterrole" : "role";
  return role ?? `${word}.rbac.authorization.k8s.io "${String(name)}" not found`;
}

function isSubject(subject: unknown, user: Identity, binding: StoredObject): boolean {
  const { kind, name, namespace } = recordOf(subject);
  if (kind === "User") return name === user.name;
  if (kind === "Group") return user.groups.includes(String(name));
  if (kind !== "ServiceAccount") return false;
  const place = typeof namespace === "string" && namespace !== "" ? namespace : binding.metadata.namespace;
  return user.name === `system:serviceaccount:${place}:${String(name)}`;
}

function covers(rule: JsonRecord, { verb, resource, name, path }: AccessAttempt): boolean {
  if (!includesOrStar(rule["verbs"], verb)) return false;
  if (resource === undefined) return stringsOf(rule["nonResourceURLs"]).some((pattern) => isPathIn(pattern, path));
  const { group, plural, subresource } = resource;
  const full = subresource === "" ? plural : `${plural}/${subresource}`;
  const resources = stringsOf(rule["resources"]);
  const isNamed =
    resources.includes("*") ||
    resources.includes(full) ||
    (subresource !== "" && resources.includes(`*/${subresource}`));
  const names = stringsOf(rule["resourceNames"]);
  return isNamed && includesOrStar(rule["apiGroups"], group) && (names.length === 0 || names.includes(name));
}

function includesOrStar(list: unknown, value: string): boolean {
  const strings = stringsOf(list);
  return strings.includes("*") || strings.includes(value);
}

function isPathIn(pattern: string, path: string): boolean {
  if (pattern === "*") return true;
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

function describeProblems(problems: readonly string[]): string {
  return problems.length === 1 ? String(problems[0]) : `[${problems.join(", ")}]`;
}
