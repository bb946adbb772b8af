// What the chart renders, by the real Helm 4 and 3: values that are refused, pods as they must run, settings that our own loader
// takes, and rights that are those of the sources and nothing more.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { neededRules } from "#src/app/cluster-rights.ts";
import { check } from "#src/cli/check.ts";
import { loadSettings, type SettingsSources } from "#src/config/load.ts";
import { DEFAULT_SOURCE_NAMES, SOURCE_NAMES } from "#src/domain/source-name.ts";
import { CHART, type ChartValues, configFile, helm, objectOf, render, rulesOf, valuesIn } from "#test/support/chart.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { documentedKeys } from "../../tools/chart-page.ts";

const EXAMPLES = readdirSync(join(CHART, "examples"));
const EVERY_VALUES: readonly ChartValues[] = [{}, ...EXAMPLES];
const TITLES: readonly (readonly [title: string, values: ChartValues])[] = EVERY_VALUES.map((values) => [
  typeof values === "string" ? values : "the default values",
  values,
]);

describeWithPeer("helm", "the chart by Helm 4", suite);
describeWithPeer("helm3", "the chart by Helm 3", suite);

describe("the values of the chart", () => {
  const text = readFileSync(join(CHART, "values.yaml"), "utf8");

  test("are each documented, or a mapping of such", () => {
    const documented = documentedKeys(text).map(({ path }) => path.join("."));
    expect(leavesOf(valuesIn(text)).filter((leaf) => !documented.some((path) => isAtOrBelow(leaf, path)))).toEqual([]);
  });

  test("are those of the schema", () => {
    const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8"));
    const { global: _, ...properties } = schema.properties;
    expect(Object.keys(properties).sort()).toEqual(Object.keys(valuesIn(text)).sort());
  });
});

function leavesOf(values: object, prefix = ""): readonly string[] {
  return Object.entries(values).flatMap(([key, value]: [string, unknown]) => {
    const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
    const inner = isMapping ? leavesOf(value, `${prefix}${key}.`) : [];
    return inner.length === 0 ? [`${prefix}${key}`] : inner;
  });
}

function isAtOrBelow(leaf: string, path: string): boolean {
  return leaf === path || leaf.startsWith(`${path}.`);
}

/** As in the pod: the file that the chart mounts, the variables that it and Kubernetes set. */
function inPod(config: string): SettingsSources {
  const path = "/etc/zonegate/zonegate.yaml";
  return {
    env: {
      ZONEGATE_CONFIG: path,
      DATA_DIR: "/data",
      KUBERNETES_SERVICE_HOST: "10.43.0.1",
      KUBERNETES_SERVICE_PORT: "443",
    },
    flags: new Map(),
    fileExists: (asked) => asked === path,
    readFile: (asked) => {
      if (asked === path) return config;
      throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    },
  };
}

function suite(program: string): void {
  describe.each(TITLES)("%s", (_, values) => {
    test("pass lint", async () => {
      expect(await helm(program, ["lint", "--strict", CHART], values)).toMatchObject({ exitCode: 0 });
    });

    test("make settings that zonegate check takes", async () => {
      const lines: string[] = [];
      const code = check(inPod(configFile(await render(program, values))), (line) => lines.push(line));
      expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: "the settings are right" });
      expect(lines[0]).toMatch(/^mode +resolver/);
      expect(lines.filter((line) => line.startsWith("warning"))).toEqual([]);
    });

    test("give exactly the rights that these settings need", async () => {
      const objects = await render(program, values);
      const { sources, kubernetes } = loadSettings(inPod(configFile(objects)));
      const namespaces = kubernetes?.namespaces ?? [];
      const needed = neededRules(sources.kinds, namespaces);
      expect(rulesOf(objectOf(objects, "ClusterRole"))).toEqual(needed.cluster);
      const roles = objects.filter(({ kind }) => kind === "Role");
      expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(namespaces);
      for (const role of roles) expect(rulesOf(role)).toEqual(needed.namespace);
      expect(JSON.stringify(objects.filter(({ kind }) => kind.endsWith("Role")))).not.toContain("*");
    });
  });

  rightsTests(program);
  refusalTests(program);
  podTests(program);
  serviceTests(program);
}

function rightsTests(program: string): void {
  test("each source alone, and any with namespaces, gives what it needs", async () => {
    for (const namespaces of [[], ["dns", "media"]]) {
      for (const source of [...SOURCE_NAMES, "gateway-api"]) {
        const objects = await render(program, { sources: [source], namespaces });
        const { sources } = loadSettings(inPod(configFile(objects)));
        const needed = neededRules(sources.kinds, namespaces);
        expect(rulesOf(objectOf(objects, "ClusterRole"))).toEqual(needed.cluster);
        const roles = objects.filter(({ kind }) => kind === "Role").map(rulesOf);
        expect(roles).toEqual(needed.namespace.length === 0 ? [] : namespaces.map(() => needed.namespace));
      }
    }
  }, 60_000);

  test("without values the sources are those that are on without settings", async () => {
    const { sources } = loadSettings(inPod(configFile(await render(program))));
    expect(new Set(sources.kinds)).toEqual(new Set(DEFAULT_SOURCE_NAMES));
  });

  test("each role is bound to the account of the pods, and to nobody else", async () => {
    const objects = await render(program, { namespaces: ["media"] });
    const { spec } = objectOf(objects, "Deployment") as unknown as Deployment;
    const subjects = [{ kind: "ServiceAccount", name: spec.template.spec.serviceAccountName, namespace: "dns" }];
    const bindings = objects.filter(({ kind }) => kind.endsWith("Binding"));
    expect(bindings.map((binding) => binding["subjects"])).toEqual([subjects, subjects]);
    expect(bindings.map((binding) => binding["roleRef"])).toMatchObject([
      { kind: "ClusterRole", name: objectOf(objects, "ClusterRole").metadata.name },
      { kind: "Role", name: objectOf(objects, "Role").metadata.name },
    ]);
    expect(spec.template.spec.serviceAccountName).toBe(objectOf(objects, "ServiceAccount").metadata.name);
  });

  test("without rbac.create there is no role", async () => {
    const objects = await render(program, { rbac: { create: false }, serviceAccount: { create: false, name: "mine" } });
    const kinds = objects.map(({ kind }) => kind).sort();
    expect(kinds).toEqual(["ConfigMap", "Deployment", "Service", "Service"]);
    expect(objectOf(objects, "Deployment")).toMatchObject({
      spec: { template: { spec: { serviceAccountName: "mine" } } },
    });
  });
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: Readonly<Record<string, unknown>> & { readonly serviceAccountName: string };
    };
  };
}

function refusalTests(program: string): void {
  test.each<readonly [what: string, values: ChartValues, says: string]>([
    ["a value that does not exist", { replicaCount: 2 }, "replicaCount"],
    ["a value that does not exist, within another", { service: { ports: 53 } }, "ports"],
    ["a setting that does not exist", { settings: { dns: { ttl: 5 } } }, "ttl"],
    ["a setting that the chart decides", { settings: { dns: { port: 53 } } }, "port"],
    ["a setting that no resolver has", { settings: { unifi: { host: "192.168.1.1" } } }, "unifi"],
    ["a source that does not exist", { sources: ["ingresses"] }, "sources"],
    ["no zone", { zones: [] }, "zones"],
    ["a key of a zone that does not exist", { zones: [{ apex: "a.example", ttl: 5 }] }, "zones"],
    ["a view without zones", { views: [{ name: "guests" }] }, "zones"],
    [
      "a port of a view that needs a privilege",
      { views: [{ name: "guests", port: 53, zones: ["a.example"] }] },
      "port",
    ],
    ["no replica", { replicas: 0 }, "replicas"],
    ["a digest that is none", { image: { digest: "latest" } }, "digest"],
    ["one claim for two pods", { data: { existingClaim: "zonegate" } }, "set replicas to 1"],
  ])("%s is refused", async (_, values, says) => {
    const { exitCode, stderr } = await helm(program, ["template", "zonegate", CHART], values);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(says);
  });
}

function podTests(program: string): void {
  async function podOf(values: ChartValues = {}) {
    const { spec } = objectOf(await render(program, values), "Deployment") as unknown as Deployment;
    return spec.template;
  }

  test("a pod has no privilege, and writes its data folder alone", async () => {
    expect((await podOf()).spec).toMatchObject({
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_532,
        runAsGroup: 65_532,
        fsGroup: 65_532,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          image: "zonegate:0.1.0",
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          volumeMounts: [
            { name: "config", mountPath: "/etc/zonegate", readOnly: true },
            { name: "data", mountPath: "/data" },
          ],
        },
      ],
      volumes: [
        { name: "config", configMap: { name: "zonegate" } },
        { name: "data", emptyDir: { sizeLimit: "256Mi" } },
      ],
    });
  });

  test("a pod is asked at the port that its settings open, and given time for its lame duck", async () => {
    const objects = await render(program, { lameDuckSeconds: 45 });
    const { ops, dns, shutdown } = loadSettings(inPod(configFile(objects)));
    const { spec } = (objectOf(objects, "Deployment") as unknown as Deployment).spec.template;
    expect({ ops: ops.port, dns: dns.port, lameDuck: shutdown.lameDuckMs }).toEqual({
      ops: 8080,
      dns: 1053,
      lameDuck: 45_000,
    });
    expect(spec).toMatchObject({
      terminationGracePeriodSeconds: 65,
      containers: [
        {
          ports: [
            { name: "dns-udp", containerPort: 1053, protocol: "UDP" },
            { name: "dns-tcp", containerPort: 1053, protocol: "TCP" },
            { name: "ops", containerPort: 8080, protocol: "TCP" },
          ],
          livenessProbe: { httpGet: { path: "/livez", port: "ops" } },
          readinessProbe: { httpGet: { path: "/readyz", port: "ops" } },
        },
      ],
    });
  });

  test("other settings make other pods, and only they do", async () => {
    const checksum = async (values: ChartValues) => (await podOf(values)).metadata.annotations["checksum/config"];
    const before = await checksum({});
    expect(await checksum({ replicas: 3, service: { type: "NodePort" } })).toBe(before);
    expect(await checksum({ zones: ["other.example.com"] })).not.toBe(before);
    expect(await checksum({ sources: ["ingress"] })).not.toBe(before);
    expect(await checksum({ settings: { log: { level: "debug" } } })).not.toBe(before);
  });

  test("two pods never share a claim: with one the pod is replaced, without one rolled", async () => {
    const rolled = objectOf(await render(program), "Deployment");
    expect(rolled).toMatchObject({
      spec: { replicas: 2, strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
    });
    const replaced = objectOf(await render(program, "namespaced.yaml"), "Deployment");
    expect(replaced).toMatchObject({ spec: { replicas: 1, strategy: { type: "Recreate" } } });
  });

  test("an image has its digest, its tag, or the version of the chart", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const imageOf = async (image: object): Promise<unknown> => (await podOf({ image })).spec["containers"];
    expect(await imageOf({ repository: "r/z", tag: "1", digest })).toMatchObject([{ image: `r/z@${digest}` }]);
    expect(await imageOf({ repository: "r/z", tag: "1" })).toMatchObject([{ image: "r/z:1" }]);
  });
}

function serviceTests(program: string): void {
  test("DNS is at port 53 over UDP and TCP, and passes on what a load balancer is told", async () => {
    const objects = await render(program, "k8s-gateway.yaml");
    expect(objectOf(objects, "Service", "zonegate")).toMatchObject({
      metadata: { annotations: { "lbipam.cilium.io/ips": "192.168.1.53" } },
      spec: {
        type: "LoadBalancer",
        loadBalancerClass: "io.cilium/l2-announcer",
        externalTrafficPolicy: "Cluster",
        ports: [
          { name: "dns-udp", port: 53, targetPort: 1053, protocol: "UDP" },
          { name: "dns-tcp", port: 53, targetPort: 1053, protocol: "TCP" },
        ],
      },
    });
    expect(objectOf(objects, "Service", "zonegate-ops")).toMatchObject({
      spec: { type: "ClusterIP", ports: [{ port: 8080 }] },
    });
  });

  test("a Service inside the cluster has nothing of load balancers, which the API server refuses there", async () => {
    const objects = await render(program, { service: { type: "ClusterIP", nodePort: 30_053, loadBalancerClass: "c" } });
    const { spec } = objectOf(objects, "Service", "zonegate") as unknown as { readonly spec: object };
    expect(JSON.stringify(spec)).not.toMatch(/nodePort|loadBalancerClass|externalTrafficPolicy/);
  });

  test("a view with a port has a Service of its own, with its own address", async () => {
    const objects = await render(program, "namespaced.yaml");
    expect(objectOf(objects, "Service", "zonegate-view-guests")).toMatchObject({
      metadata: { annotations: { "lbipam.cilium.io/ips": "192.168.3.53" } },
      spec: {
        externalTrafficPolicy: "Local",
        ports: [
          { port: 53, targetPort: 1054, protocol: "UDP" },
          { port: 53, targetPort: 1054, protocol: "TCP" },
        ],
      },
    });
    expect(loadSettings(inPod(configFile(objects))).views).toMatchObject([
      { name: "" },
      { name: "guests", listener: { port: 1054 } },
    ]);
  });

  test("names fit, however long those of release and view are", async () => {
    const view = { name: "g".repeat(32), port: 1054, zones: ["a.example"] };
    const objects = await render(program, {
      fullnameOverride: "z".repeat(60),
      views: [view, { ...view, name: `h${"g".repeat(31)}`, port: 1055 }],
    });
    const names = objects.filter(({ kind }) => kind === "Service").map(({ metadata }) => metadata.name);
    expect(names.filter((name) => name.length > 63)).toEqual([]);
    expect(new Set(names).size).toBe(4);
  });
}
