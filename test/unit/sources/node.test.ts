import { expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { createCatalog } from "#src/sources/catalog.ts";
import { nodeSource } from "#src/sources/node.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { contextOf, domainName, HOME, lines, node, service, withKindOptions } from "./objects.ts";

const ED = "external-dns.alpha.kubernetes.io/";
const ADDRESSES = [
  ["Hostname", "N1"],
  ["InternalIP", "192.168.20.1"],
  ["InternalIP", "FD20:0::1"],
  ["ExternalIP", "203.0.113.1"],
] as const;

function records(object: ClusterObject, context = contextOf()) {
  const result = nodeSource.toRecords(object, context);
  return { ...result, lines: lines(result.recordSets), codes: result.problems.map((problem) => problem.code) };
}

test("the name that a node gives itself exists in every zone, in both families", () => {
  const zones = [HOME, { ...HOME, apex: domainName("lab.example") }];
  expect(records(node("machine-7", ADDRESSES), contextOf(zones)).lines).toEqual([
    "n1.home.example.com A 192.168.20.1",
    "n1.home.example.com AAAA fd20::1",
    "n1.lab.example A 192.168.20.1",
    "n1.lab.example AAAA fd20::1",
  ]);
});

test("its origin is the node, which lives in no namespace", () => {
  expect(records(node("n1", ADDRESSES)).recordSets[0]?.origin).toEqual({ kind: "Node", name: "n1" });
});

test("a node that does not say is called like its object; a full name stands as it is", () => {
  expect(records(node("n2", [["InternalIP", "192.168.20.2"]])).lines).toEqual(["n2.home.example.com A 192.168.20.2"]);
  expect(records(node("n2.home.example.com", [["InternalIP", "192.168.20.2"]])).lines).toEqual([
    "n2.home.example.com A 192.168.20.2",
  ]);
  expect(records(node("n2.ec2.internal", [["InternalIP", "192.168.20.2"]])).codes).toEqual(["host.outside"]);
});

test("external addresses answer where the setting says so", () => {
  const options = { kinds: withKindOptions({ node: { addressType: "ExternalIP" } }) };
  expect(records(node("n1", ADDRESSES), contextOf([HOME], { options })).lines).toEqual([
    "n1.home.example.com A 203.0.113.1",
  ]);
});

test("a node without such an address exists without data, and it is said", () => {
  expect(records(node("n1", [["ExternalIP", "203.0.113.1"]]))).toMatchObject({
    recordSets: [{ name: "n1.home.example.com", targets: [] }],
    codes: ["address.none"],
  });
});

test("annotations name it, point it elsewhere and give it a TTL", () => {
  const annotations = { [`${ED}hostname`]: "host.home.example.com", [`${ED}target`]: "192.0.2.9", [`${ED}ttl`]: "30" };
  expect(records(node("n1", ADDRESSES, { annotations })).lines).toEqual(["host.home.example.com A 30 192.0.2.9"]);
  expect(records(node("n1", ADDRESSES, { annotations: { [`${ED}hostname`]: "" } })).codes).toEqual(["host.none"]);
});

test("the ignore label takes it out", () => {
  const ignored = node("n1", ADDRESSES, { labels: { "k8s-gateway.dns/ignore": "true" } });
  expect(records(ignored)).toMatchObject({ recordSets: [], codes: ["object.ignored"] });
});

test("a status of another shape is a problem, not an exception", () => {
  expect(records({ ...node("n1", []), status: { addresses: [{ type: "InternalIP" }] } }).codes).toEqual([
    "object.invalid",
  ]);
});

test("nodes are read only where the source is on, and then Services find them too", () => {
  const web = service({
    metadata: { annotations: { [`${ED}hostname`]: "web" } },
    spec: { type: "NodePort" },
  });
  const answers = (sources: Parameters<typeof sourcesNamed>[0]) => {
    const options = { sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0, sources: sourcesNamed(sources) };
    const catalog = createCatalog(options);
    catalog.apply({ upserted: [web], deleted: [] });
    catalog.apply({ upserted: [node("n1", [["InternalIP", "192.168.20.1"]])], deleted: [] });
    return { lines: lines(catalog.recordSets()), codes: catalog.problems().map(({ code }) => code) };
  };
  expect(answers(DEFAULT_SOURCE_NAMES)).toEqual({ lines: [], codes: ["service.type"] });
  expect(answers(["service", "node"])).toEqual({
    lines: ["n1.home.example.com A 192.168.20.1", "web.home.example.com A 192.168.20.1"],
    codes: [],
  });
});
