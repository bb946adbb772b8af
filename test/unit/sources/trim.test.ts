import { describe, expect, test } from "vitest";
import { type ClusterObject, isSameObject } from "#src/domain/cluster-object.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { createTrim } from "#src/sources/trim.ts";
import { ingress, ingressClass, pod, service } from "./objects.ts";

const PREFIX = "external-dns.alpha.kubernetes.io/";
const trim = createTrim(shapesOf(sourcesNamed(DEFAULT_SOURCE_NAMES)), [PREFIX]);

describe("what is kept of an object", () => {
  test("of spec and status what its source reads, of annotations and labels those that anybody reads", () => {
    const given = ingress(["app.home.example.com"], {
      className: "internal",
      metadata: {
        annotations: {
          [`${PREFIX}ttl`]: "60",
          "kubectl.kubernetes.io/last-applied-configuration": "x".repeat(4_000),
          "kubernetes.io/ingress.class": "internal",
        },
        labels: { "k8s-gateway.dns/ignore": "false", "app.kubernetes.io/name": "app" },
      },
    });
    const spec = { ...(given.spec as object), tls: [{ secretName: "app-tls" }], defaultBackend: {} };
    expect(trim({ ...given, spec })).toEqual({
      ...given,
      spec: { ...(given.spec as object), tls: [{}] },
      metadata: {
        ...given.metadata,
        annotations: { [`${PREFIX}ttl`]: "60", "kubernetes.io/ingress.class": "internal" },
        labels: { "k8s-gateway.dns/ignore": "false" },
      },
    });
  });

  test("of the labels those that a setting asks for", () => {
    const labels = { dns: "home", "app.kubernetes.io/name": "app", "dns-other": "x" };
    const selecting = createTrim(shapesOf(sourcesNamed(["service"])), [PREFIX], ["dns"]);
    expect(selecting(service({ metadata: { labels } }))?.metadata.labels).toEqual({ dns: "home" });
  });

  test("less than 500 bytes of a Pod, and its second network is among them", () => {
    const iot = {
      name: "default/iot",
      interface: "net1",
      ips: ["192.168.30.5", "fd30::5"],
      mac: "02:00:00:00:00:01",
      dns: {},
    };
    const given = pod([iot], {
      annotations: {
        [`${PREFIX}hostname`]: "matter.home.example.com",
        "k8s.v1.cni.cncf.io/networks": "iot",
        "cni.projectcalico.org/containerID": "x".repeat(64),
      },
      metadata: {
        name: "matter-server-7c9d8bd5f6-x2x4z",
        namespace: "home-automation",
        uid: "4f6f2a1e-6a53-4b0e-9f3d-0d0b6c1f1c09",
        createdAtMs: Date.UTC(2026, 0, 2),
        labels: { "app.kubernetes.io/name": "matter-server", "pod-template-hash": "7c9d8bd5f6" },
      },
    });
    const spec = {
      containers: [{ name: "app", image: "matter", env: Array.from({ length: 50 }, () => ({ name: "X" })) }],
    };
    const status = {
      phase: "Running",
      conditions: Array.from({ length: 5 }, () => ({ type: "Ready", status: "True" })),
    };
    const trimPod = createTrim(shapesOf(sourcesNamed(["pod"])), [PREFIX]);
    const kept = trimPod({ ...given, spec, status });
    expect(kept).toMatchObject({
      metadata: {
        annotations: {
          "k8s.v1.cni.cncf.io/network-status": '[{"name":"default/iot","ips":["192.168.30.5","fd30::5"]}]',
        },
      },
      status: { phase: "Running" },
    });
    expect(JSON.stringify(kept).length).toBeLessThan(500);
    expect(kept === undefined ? undefined : trimPod(kept)).toEqual(kept);
  });

  test("nothing of a kind that no source reads", () => {
    expect(trim({ ...service(), kind: "ConfigMap" })).toBeUndefined();
  });

  test("of a kind that is only looked up its name and annotations", () => {
    const given = ingressClass("internal", "default");
    expect(trim({ ...given, spec: { controller: "k8s.io/ingress-nginx" } })).toEqual({
      ...given,
      spec: undefined,
      status: undefined,
    });
  });

  test("all of a part that is not what Kubernetes defines, so that its source can say so", () => {
    const spec = { rules: "none" };
    expect(trim({ ...ingress([]), spec })?.spec).toBe(spec);
  });
});

describe("what many objects say alike", () => {
  test("is kept once: the address of their controller, their namespace, a host that stands in several places", () => {
    const [one, two] = ["a", "b"].map((name) => {
      const host = `${name}.home.example.com`;
      const given = ingress([host], { metadata: { name, annotations: { [`${PREFIX}hostname`]: host } } });
      return trim(structuredClone({ ...given, spec: { ...(given.spec as object), tls: [{ hosts: [host] }] } }));
    });
    expect(one?.status).toBe(two?.status);
    expect(one?.status).toEqual({ loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } });
  });

  test("is not mixed up: a status of its own stays", () => {
    const [one, two] = ["192.0.2.1", "192.0.2.2"].map((address) =>
      trim(ingress(["a.home.example.com"], { addresses: [address] })),
    );
    expect([one?.status, two?.status]).toEqual(
      ["192.0.2.1", "192.0.2.2"].map((ip) => ({ loadBalancer: { ingress: [{ ip }] } })),
    );
  });

  test("a status that is nested without end and is none is kept as it is", () => {
    const nested = (): ClusterObject => ({ ...ingress(["a.home.example.com"]), status: { loadBalancer: endless() } });
    const given = nested();
    expect(trim(given)?.status).toBe(given.status);
    expect(isSameObject(nested(), nested())).toBe(false);
  });
});

function endless(): unknown {
  return JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
}
