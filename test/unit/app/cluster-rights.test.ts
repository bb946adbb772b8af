import { describe, expect, test } from "vitest";
import { neededRules, type PolicyRule } from "#src/app/cluster-rights.ts";
import { DEFAULT_SOURCE_NAMES, SOURCE_NAMES } from "#src/domain/source-name.ts";

const IDENTITY = { apiGroups: [""], resources: ["namespaces"], resourceNames: ["kube-system"], verbs: ["get"] };

function read(apiGroup: string, ...resources: readonly string[]): PolicyRule {
  return { apiGroups: [apiGroup], resources, verbs: ["list", "watch"] };
}

function resourcesOf(rules: readonly PolicyRule[]): readonly string[] {
  return rules.flatMap(({ resources }) => resources);
}

describe("the rights that sources need", () => {
  test("a source brings what it reads and what it looks up", () => {
    expect(neededRules(["ingress"], [])).toEqual({
      cluster: [read("networking.k8s.io", "ingressclasses", "ingresses"), IDENTITY],
      namespace: [],
    });
    expect(neededRules(["gateway-httproute"], []).cluster).toEqual([
      read("gateway.networking.k8s.io", "gateways", "httproutes", "listenersets"),
      read("gateway.networking.x-k8s.io", "xlistenersets"),
      IDENTITY,
    ]);
  });

  test("a kind that several sources read is there once", () => {
    expect(neededRules(["ingressroute", "service", "ingress"], []).cluster).toEqual([
      read("", "services"),
      read("discovery.k8s.io", "endpointslices"),
      read("networking.k8s.io", "ingressclasses", "ingresses"),
      read("traefik.io", "ingressroutes"),
      IDENTITY,
    ]);
  });

  test("nodes and Pods are asked for only where they are switched on", () => {
    const byDefault = resourcesOf(neededRules(DEFAULT_SOURCE_NAMES, []).cluster);
    expect(byDefault.filter((resource) => ["nodes", "pods"].includes(resource))).toEqual([]);
    expect(resourcesOf(neededRules(["node", "pod"], []).cluster)).toEqual(["nodes", "pods", "namespaces"]);
  });

  test("where only some namespaces are read, a Role holds what lives in them and the ClusterRole the rest", () => {
    expect(neededRules(["ingress", "service", "node"], ["dns"])).toEqual({
      cluster: [read("", "nodes"), read("networking.k8s.io", "ingressclasses"), IDENTITY],
      namespace: [
        read("", "services"),
        read("discovery.k8s.io", "endpointslices"),
        read("networking.k8s.io", "ingresses"),
      ],
    });
  });

  test("everything together never writes, and names each group and resource", () => {
    const { cluster } = neededRules(SOURCE_NAMES, []);
    expect(new Set(cluster.flatMap(({ verbs }) => verbs))).toEqual(new Set(["list", "watch", "get"]));
    expect(
      cluster.flatMap((rule) => [...rule.apiGroups, ...rule.resources]).filter((word) => word.includes("*")),
    ).toEqual([]);
    const resources = resourcesOf(cluster);
    expect(new Set(resources).size).toBe(resources.length);
  });
});
