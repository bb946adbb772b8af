import { describe, expect, test } from "vitest";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { createTrim } from "#src/sources/trim.ts";
import { ingress, ingressClass, service } from "./objects.ts";

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
