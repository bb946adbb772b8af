// The manifests of docs/cilium.md: their fields are those that the kinds have, and what has to agree between them agrees.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import { REPOSITORY } from "#test/support/zonegate-process.ts";

const PAGE = readFileSync(join(REPOSITORY, "docs/cilium.md"), "utf8");
const DOCUMENTS = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text = ""]) =>
  parseAllDocuments(text, { strict: true }),
);
const MANIFESTS: readonly unknown[] = DOCUMENTS.map((document) => document.toJS() as unknown);

const labels = z.record(z.string(), z.string());
const expression = z.strictObject({
  key: z.string(),
  operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
  values: z.array(z.string()).optional(),
});
const selector = z.strictObject({ matchLabels: labels.optional(), matchExpressions: z.array(expression).optional() });
const clusterWide = z.strictObject({ name: z.string() });
const namespaced = z.strictObject({ name: z.string(), namespace: z.string() });

const POOL = z.strictObject({
  apiVersion: z.enum(["cilium.io/v2", "cilium.io/v2alpha1"]),
  kind: z.literal("CiliumLoadBalancerIPPool"),
  metadata: clusterWide,
  spec: z.strictObject({
    blocks: z.array(z.strictObject({ start: z.ipv4(), stop: z.ipv4() })).min(1),
    serviceSelector: selector,
    allowFirstLastIPs: z.enum(["Yes", "No"]).optional(),
    disabled: z.boolean().optional(),
  }),
});
const POLICY = z.strictObject({
  apiVersion: z.literal("cilium.io/v2alpha1"),
  kind: z.literal("CiliumL2AnnouncementPolicy"),
  metadata: clusterWide,
  spec: z.strictObject({
    loadBalancerIPs: z.boolean().optional(),
    externalIPs: z.boolean().optional(),
    interfaces: z.array(z.string()).optional(),
    nodeSelector: selector.optional(),
    serviceSelector: selector.optional(),
  }),
});
const SERVICE = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Service"),
  metadata: z.strictObject({
    name: z.string(),
    namespace: z.string(),
    labels,
    annotations: z.strictObject({ "lbipam.cilium.io/ips": z.ipv4() }),
  }),
  spec: z.strictObject({
    type: z.literal("LoadBalancer"),
    externalTrafficPolicy: z.enum(["Cluster", "Local"]),
    selector: labels,
    ports: z.array(
      z.strictObject({ name: z.string(), port: z.int(), protocol: z.enum(["UDP", "TCP"]), targetPort: z.int() }),
    ),
  }),
});
const ROLE = z.strictObject({
  apiVersion: z.literal("rbac.authorization.k8s.io/v1"),
  kind: z.literal("Role"),
  metadata: namespaced,
  rules: z.array(
    z.strictObject({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
});
const BINDING = z.strictObject({
  apiVersion: z.literal("rbac.authorization.k8s.io/v1"),
  kind: z.literal("RoleBinding"),
  metadata: namespaced,
  roleRef: z.strictObject({ apiGroup: z.string(), kind: z.literal("Role"), name: z.string() }),
  subjects: z.array(z.strictObject({ kind: z.literal("ServiceAccount"), name: z.string(), namespace: z.string() })),
});

const MANIFEST = z.discriminatedUnion("kind", [POOL, POLICY, SERVICE, ROLE, BINDING]);
type Manifest = z.infer<typeof MANIFEST>;

function all<K extends Manifest["kind"]>(kind: K): readonly Extract<Manifest, { kind: K }>[] {
  return MANIFESTS.map((manifest) => MANIFEST.parse(manifest)).filter(
    (manifest): manifest is Extract<Manifest, { kind: K }> => manifest.kind === kind,
  );
}

const numberOf = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const isSelected = (own: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>> = {}) =>
  Object.entries(wanted).every(([key, value]) => own[key] === value);

describe("the manifests of docs/cilium.md", () => {
  test("are YAML, and have the fields of their kinds and no others", () => {
    expect(DOCUMENTS.flatMap(({ errors }) => errors)).toEqual([]);
    expect(MANIFESTS.map((manifest) => MANIFEST.safeParse(manifest).error)).toEqual(MANIFESTS.map(() => undefined));
    expect(MANIFESTS).toHaveLength(6);
  });

  test("give each of two Services an address of its own, from a block of the pool that selects it", () => {
    const services = all("Service");
    const [pool] = all("CiliumLoadBalancerIPPool");
    const addresses = services.map(({ metadata }) => metadata.annotations["lbipam.cilium.io/ips"]);
    expect(new Set(addresses).size).toBe(2);
    for (const { metadata } of services) {
      expect(isSelected(metadata.labels, pool?.spec.serviceSelector.matchLabels)).toBe(true);
    }
    for (const address of addresses) {
      const isInside = pool?.spec.blocks.some(
        ({ start, stop }) => numberOf(start) <= numberOf(address) && numberOf(address) <= numberOf(stop),
      );
      expect([address, isInside]).toEqual([address, true]);
    }
  });

  test("announce both, on interfaces whose expressions read", () => {
    const [policy] = all("CiliumL2AnnouncementPolicy");
    expect(policy?.spec.loadBalancerIPs).toBe(true);
    for (const { metadata } of all("Service")) {
      expect(isSelected(metadata.labels, policy?.spec.serviceSelector?.matchLabels)).toBe(true);
    }
    for (const expressionText of policy?.spec.interfaces ?? []) expect(() => new RegExp(expressionText)).not.toThrow();
    expect(policy?.spec.interfaces?.some((text) => new RegExp(text).test("eth0"))).toBe(true);
  });

  test("lead port 53 by UDP and TCP to 1053, and never by a policy that L2 announcements do not know", () => {
    for (const { spec } of all("Service")) {
      expect(spec.externalTrafficPolicy).toBe("Cluster");
      expect(spec.ports.map(({ protocol, port, targetPort }) => [protocol, port, targetPort])).toEqual([
        ["UDP", 53, 1053],
        ["TCP", 53, 1053],
      ]);
    }
  });

  test("give the right that Leases need, and no other", () => {
    const [[role], [binding]] = [all("Role"), all("RoleBinding")];
    expect(role?.rules).toEqual([{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get"] }]);
    expect(binding?.roleRef.name).toBe(role?.metadata.name);
    expect(binding?.metadata.namespace).toBe(role?.metadata.namespace);
  });

  test("and the router forwards to both", () => {
    const forwarders = [...PAGE.matchAll(/^server=\/home\.example\.com\/(\S+)$/gm)].map(([, address]) => address);
    expect(forwarders).toEqual(all("Service").map(({ metadata }) => metadata.annotations["lbipam.cilium.io/ips"]));
  });
});
