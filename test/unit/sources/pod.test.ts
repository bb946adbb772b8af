import { describe, expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { podSource } from "#src/sources/pod.ts";
import { contextOf, HOME, lines, pod, withKindOptions } from "./objects.ts";

const ED = "external-dns.alpha.kubernetes.io/";
const NAMED = { [`${ED}hostname`]: "matter.home.example.com" };
const IOT = { name: "default/iot", interface: "net1", ips: ["192.168.30.5", "FD30:0::5"] };
const CAMERAS = { name: "media/cameras", interface: "net2", ips: ["192.168.40.5"] };

function records(object: ClusterObject, names: "annotated" | "all" = "annotated") {
  const options = { kinds: withKindOptions({ multus: { names } }) };
  const result = podSource.toRecords(object, contextOf([HOME], { options }));
  return { ...result, lines: lines(result.recordSets), codes: result.problems.map((problem) => problem.code) };
}

function choosing(networks: string): ClusterObject {
  return pod([IOT, CAMERAS], { annotations: { ...NAMED, "zonegate.dns/networks": networks } });
}

describe("a Pod with a second network", () => {
  test("has its name there, in both families, and not its address in the cluster", () => {
    expect(records(pod([IOT], { annotations: NAMED }))).toMatchObject({
      lines: ["matter.home.example.com A 192.168.30.5", "matter.home.example.com AAAA fd30::5"],
      problems: [],
      recordSets: [{ origin: { kind: "Pod", namespace: "default", name: "app" } }, {}],
    });
  });

  test("without an annotation has a name only where the setting says so", () => {
    expect(records(pod([IOT]))).toMatchObject({ recordSets: [], problems: [] });
    expect(records(pod([IOT]), "all").lines).toEqual([
      "app.default.home.example.com A 192.168.30.5",
      "app.default.home.example.com AAAA fd30::5",
    ]);
  });

  test.each<readonly [string, readonly string[]]>([
    ["", ["A 192.168.30.5 192.168.40.5", "AAAA fd30::5"]],
    ["cameras", ["A 192.168.40.5"]],
    ["media/cameras", ["A 192.168.40.5"]],
    [" iot , cameras", ["A 192.168.30.5 192.168.40.5", "AAAA fd30::5"]],
    ["iot,gone", ["A 192.168.30.5", "AAAA fd30::5"]],
  ])("that chooses %j answers %j", (networks, answers) => {
    expect(records(choosing(networks)).lines).toEqual(answers.map((answer) => `matter.home.example.com ${answer}`));
  });

  test("that chooses a network it is not in exists without data, and it is said", () => {
    const { recordSets, problems } = records(choosing("gone"));
    expect(recordSets).toMatchObject([{ type: "A", targets: [] }]);
    expect(problems).toMatchObject([
      { code: "address.none", reason: expect.stringContaining("default/iot, media/cameras") as string },
    ]);
  });

  test("that waits for Multus exists without data", () => {
    const annotations = { ...NAMED, "k8s.v1.cni.cncf.io/networks": "iot" };
    expect(records(pod(undefined, { annotations, phase: "Pending" }))).toMatchObject({
      recordSets: [{ targets: [] }],
      codes: ["address.none"],
      whenLost: "drop",
    });
  });

  test("may be described under the older key", () => {
    const { annotations } = pod([IOT]).metadata;
    const status = annotations["k8s.v1.cni.cncf.io/network-status"] ?? "";
    const old = pod(undefined, { annotations: { ...NAMED, "k8s.v1.cni.cncf.io/networks-status": status } });
    expect(records(old).lines).toHaveLength(2);
  });

  test("takes target, ttl and short names from its annotations", () => {
    const annotations = { "coredns.io/hostname": "matter", [`${ED}target`]: "192.0.2.9", [`${ED}ttl`]: "30" };
    expect(records(pod([IOT], { annotations })).lines).toEqual(["matter.home.example.com A 30 192.0.2.9"]);
    expect(records(pod([IOT], { annotations: { [`${ED}hostname`]: "" } })).codes).toEqual(["host.none"]);
  });
});

describe("a Pod gives nothing", () => {
  test.each(["Succeeded", "Failed"])("when it has ended: %s", (phase) => {
    expect(records(pod([IOT], { annotations: NAMED, phase }))).toMatchObject({ recordSets: [], problems: [] });
  });

  test("while it is being deleted", () => {
    const object = pod([IOT], { annotations: NAMED, metadata: { isBeingDeleted: true } });
    expect(records(object)).toMatchObject({ recordSets: [], problems: [] });
  });

  test("when it is in no second network; one that was given a name says so", () => {
    expect(records(pod([], { annotations: NAMED })).codes).toEqual(["network.none"]);
    expect(records(pod(undefined, { annotations: NAMED })).codes).toEqual(["network.none"]);
    expect(records(pod([]), "all")).toMatchObject({ recordSets: [], problems: [] });
  });

  test("with the ignore label", () => {
    const metadata = { labels: { "k8s-gateway.dns/ignore": "true" } };
    expect(records(pod([IOT], { annotations: NAMED, metadata })).codes).toEqual(["object.ignored"]);
  });

  test.each([
    "{",
    '"text"',
    "[7]",
    '[{"ips":["192.0.2.1"]}]',
    '[{"name":"iot","ips":"192.0.2.1"}]',
    "x".repeat(70_000),
  ])("when what Multus wrote cannot be read: %.40s", (status) => {
    const { recordSets, problems } = records(pod(status, { annotations: NAMED }));
    expect(recordSets).toEqual([]);
    expect(problems).toMatchObject([{ code: "network.invalid" }]);
    expect(problems[0]?.reason.length).toBeLessThan(200);
  });
});

test("Pods of one Deployment share the name that they are given", () => {
  const second = { ...IOT, ips: ["192.168.30.6"] };
  const sets = [pod([IOT], { annotations: NAMED }), pod([second], { annotations: NAMED, metadata: { name: "b" } })];
  expect(sets.flatMap((object) => records(object).recordSets).map(({ name, type }) => `${name} ${type}`)).toEqual([
    "matter.home.example.com A",
    "matter.home.example.com AAAA",
    "matter.home.example.com A",
  ]);
});
