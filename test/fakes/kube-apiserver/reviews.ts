// The resources that are questions: may I, who am I, what may I, and a token for a service account.

import { type JsonRecord, recordOf, type StoredObject } from "./objects.ts";
import { authorize, rulesFor } from "./rbac.ts";
import { CUSTOM_RESOURCE_DEFINITIONS, type ResourceKind } from "./resources.ts";
import type { ClusterState } from "./state.ts";
import type { Identity } from "./tokens.ts";

export const REVIEW_RESOURCES: readonly ResourceKind[] = [
  review("authorization.k8s.io", "SelfSubjectAccessReview"),
  review("authorization.k8s.io", "SelfSubjectRulesReview"),
  review("authentication.k8s.io", "SelfSubjectReview"),
];

function review(group: string, kind: string): ResourceKind {
  return {
    ...CUSTOM_RESOURCE_DEFINITIONS,
    group,
    versions: ["v1"],
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    hasStatus: false,
    shortNames: [],
    categories: [],
  };
}

/** The body that comes back, with its status; `undefined` when the kind is no review. */
export function answerReview(
  { store }: ClusterState,
  user: Identity,
  { group, plural, body }: { readonly group: string; readonly plural: string; readonly body: unknown },
): JsonRecord | undefined {
  const kind = REVIEW_RESOURCES.find((resource) => resource.group === group && resource.plural === plural)?.kind;
  const asked = recordOf(body);
  const spec = recordOf(asked["spec"]);
  switch (kind) {
    case "SelfSubjectAccessReview":
      return { ...asked, status: accessStatus() };
    case "SelfSubjectRulesReview":
      return { ...asked, status: rulesStatus() };
    case "SelfSubjectReview":
      return { ...asked, status: { userInfo: { username: user.name, uid: user.uid, groups: user.groups } } };
    default:
      return undefined;
  }

  function accessStatus(): object {
    const { isAllowed, why } = authorize(store, user, attemptOf(spec));
    return { allowed: isAllowed, ...(why === "" ? {} : { evaluationError: why }) };
  }

  function rulesStatus(): object {
    const { rules } = rulesFor(store, user, textOf(spec["namespace"]));
    const resourceRules = rules.filter((rule) => rule["nonResourceURLs"] === undefined);
    const nonResourceRules = rules.filter((rule) => rule["nonResourceURLs"] !== undefined);
    return { resourceRules, nonResourceRules, incomplete: false };
  }
}

function attemptOf(spec: JsonRecord): Parameters<typeof authorize>[2] {
  const path = recordOf(spec["nonResourceAttributes"]);
  const of = recordOf(spec["resourceAttributes"]);
  if (spec["resourceAttributes"] === undefined) {
    return { verb: textOf(path["verb"]), resource: undefined, namespace: "", name: "", path: textOf(path["path"]) };
  }
  const resource = {
    group: textOf(of["group"]),
    plural: textOf(of["resource"]),
    subresource: textOf(of["subresource"]),
  };
  return { verb: textOf(of["verb"]), resource, namespace: textOf(of["namespace"]), name: textOf(of["name"]), path: "" };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const MS_PER_SECOND = 1000;
const DEFAULT_LIFE_SECONDS = 3600;

/** `POST .../serviceaccounts/NAME/token`. */
export function requestToken({ tokens, time }: ClusterState, account: StoredObject, body: unknown): JsonRecord {
  const asked = recordOf(recordOf(body)["spec"])["expirationSeconds"];
  const seconds = typeof asked === "number" ? asked : DEFAULT_LIFE_SECONDS;
  const { name, namespace = "" } = account.metadata;
  const token = tokens.issue(namespace, name, seconds * MS_PER_SECOND);
  const expirationTimestamp = new Date(time.nowMs() + seconds * MS_PER_SECOND).toISOString();
  const spec = { audiences: ["https://kubernetes.default.svc.cluster.local"], expirationSeconds: seconds };
  return {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name, namespace },
    spec,
    status: { token, expirationTimestamp },
  };
}
