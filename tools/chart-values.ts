// The values of the chart that are about its objects, with what each may be; those about names follow from the settings.

import { type JsonSchema, mapping, passedOn, texts } from "./chart-schema-kinds.ts";

const BOOLEAN: JsonSchema = { type: "boolean" };
const TEXT: JsonSchema = { type: "string" };
const NAMESPACE: JsonSchema = { type: "string", pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$" };
const DIGEST: JsonSchema = { type: "string", pattern: "^(sha256:[0-9a-f]{64})?$" };
/** As src/config/settings/process.ts has it, in whole seconds. */
const LAME_DUCK: JsonSchema = { type: "integer", minimum: 0, maximum: 300 };

export const SERVICE_VALUES: Readonly<Record<string, JsonSchema>> = {
  type: { enum: ["LoadBalancer", "NodePort", "ClusterIP"] },
  annotations: texts(),
  loadBalancerClass: TEXT,
  clusterIP: TEXT,
  nodePort: { type: ["integer", "null"], minimum: 1, maximum: 65_535 },
  externalTrafficPolicy: { enum: ["Cluster", "Local"] },
  ipFamilyPolicy: { enum: ["", "SingleStack", "PreferDualStack", "RequireDualStack"] },
  ipFamilies: { type: "array", maxItems: 2, uniqueItems: true, items: { enum: ["IPv4", "IPv6"] } },
};

export const OBJECT_VALUES: Readonly<Record<string, JsonSchema>> = {
  // Helm puts it into every chart that another one contains.
  global: passedOn("object"),
  replicas: { type: "integer", minimum: 1 },
  image: mapping({
    repository: { type: "string", minLength: 1 },
    tag: TEXT,
    digest: DIGEST,
    pullPolicy: { enum: ["IfNotPresent", "Always", "Never"] },
  }),
  imagePullSecrets: passedOn("array"),
  nameOverride: TEXT,
  fullnameOverride: TEXT,
  namespaces: { type: "array", uniqueItems: true, items: NAMESPACE },
  lameDuckSeconds: LAME_DUCK,
  service: mapping(SERVICE_VALUES),
  serviceAccount: mapping({ create: BOOLEAN, name: TEXT, annotations: texts() }),
  rbac: mapping({ create: BOOLEAN }),
  data: mapping({ sizeLimit: TEXT, existingClaim: TEXT }),
  resources: passedOn("object"),
  podLabels: texts(),
  podAnnotations: texts(),
  nodeSelector: texts(),
  tolerations: passedOn("array"),
  affinity: passedOn("object"),
  topologySpreadConstraints: passedOn("array"),
  priorityClassName: TEXT,
};
