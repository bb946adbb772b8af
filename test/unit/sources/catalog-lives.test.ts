// Whatever the order in which objects of all kinds come, change and go, the catalog ends where a new one begins that is given
// the last state at once: a dependency that a source does not name would show here.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type ClusterObject, keyOf, keyText } from "#src/domain/cluster-object.ts";
import { SOURCE_NAMES } from "#src/domain/source-name.ts";
import { type Catalog, createCatalog } from "#src/sources/catalog.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import {
  dnsEndpoint,
  endpointSlice,
  HOME,
  ingress,
  ingressClass,
  ingressRoute,
  lines,
  node,
  pod,
  service,
} from "./objects.ts";

const ED = "external-dns.alpha.kubernetes.io/";
const NAMED = { [`${ED}hostname`]: "web.home.example.com" };
const ADDRESSES = ["192.0.2.1", "192.0.2.2", "2001:db8::1"];

/** One of the states that each object can be in; several objects look others of the list up. */
const STATES: readonly fc.Arbitrary<ClusterObject>[] = [
  fc
    .record({ className: fc.constantFrom(undefined, "internal", "nginx"), address: fc.constantFrom(...ADDRESSES) })
    .map(({ className, address }) =>
      ingress(["a.home.example.com"], { addresses: [address], ...(className === undefined ? {} : { className }) }),
    ),
  fc.constantFrom("default", "other").map((isDefault) => ingressClass("nginx", isDefault)),
  fc.constantFrom("default", "other").map((isDefault) => ingressClass("internal", isDefault)),
  fc
    .record({
      type: fc.constantFrom("LoadBalancer", "NodePort", "ClusterIP"),
      policy: fc.constantFrom("Cluster", "Local"),
      annotations: fc.constantFrom<Record<string, string>>(
        {},
        NAMED,
        { ...NAMED, "k8s-gateway.dns/resolve-endpoints": "true" },
        { ...NAMED, [`${ED}endpoints-type`]: "HostIP" },
        { ...NAMED, [`${ED}access`]: "public" },
      ),
    })
    .map(({ type, policy, annotations }) =>
      service({ metadata: { annotations }, spec: { type, externalTrafficPolicy: policy } }),
    ),
  ...["x1", "x2"].map((name) =>
    fc
      .array(
        fc.record({
          addresses: fc.constantFrom(["10.42.0.1"], ["10.42.0.2"]),
          conditions: fc.constantFrom({ ready: true }, { ready: false }, {}),
          hostname: fc.constantFrom(undefined, "web-0", "web-1"),
          nodeName: fc.constantFrom("n1", "n2"),
        }),
        { maxLength: 2 },
      )
      .map((endpoints) => endpointSlice(name, endpoints)),
  ),
  ...["n1", "n2"].map((name) =>
    fc.subarray(["InternalIP", "ExternalIP"]).map((types) =>
      node(
        name,
        types.map((type, index) => [type, `198.51.100.${name === "n1" ? index : index + 10}`] as const),
      ),
    ),
  ),
  fc
    .constantFrom(...ADDRESSES)
    .map((address) => service({ metadata: { name: "traefik", namespace: "traefik" }, addresses: [address] })),
  fc.record({ host: fc.constantFrom("r", "s"), className: fc.constantFrom("", "nginx") }).map(({ host, className }) =>
    ingressRoute([`Host(\`${host}.home.example.com\`)`], {
      metadata: { annotations: { "kubernetes.io/ingress.class": className } },
    }),
  ),
  fc
    .constantFrom(...ADDRESSES)
    .map((address) =>
      dnsEndpoint([
        { dnsName: "d.home.example.com", recordType: address.includes(":") ? "AAAA" : "A", targets: [address] },
      ]),
    ),
  fc
    .constantFrom("Running", "Succeeded")
    .map((phase) => pod([{ name: "iot", ips: ["192.0.2.7"] }], { annotations: NAMED, phase })),
];

function newCatalog(): Catalog {
  const sources = sourcesNamed(SOURCE_NAMES);
  return createCatalog({ sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0, statusHoldMs: 0, sources });
}

function contentOf(catalog: Catalog): unknown {
  const problems = catalog
    .problems()
    .map(({ code, object, hostname }) => `${code} ${keyText(object)} ${hostname ?? ""}`);
  return { records: lines(catalog.recordSets()), problems: problems.sort() };
}

const step = fc
  .oneof(...STATES)
  .chain((object) => fc.tuple(fc.constant(object), fc.constantFrom("put", "put", "delete")));

test("lives of objects of every kind", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const catalog = newCatalog();
      const alive = new Map<string, ClusterObject>();
      for (const [object, action] of steps) {
        const key = keyOf(object);
        if (action === "put") alive.set(keyText(key), object);
        else alive.delete(keyText(key));
        catalog.apply(action === "put" ? { upserted: [object], deleted: [] } : { upserted: [], deleted: [key] });
      }
      const fresh = newCatalog();
      fresh.apply({ upserted: [...alive.values()], deleted: [] });
      expect(contentOf(catalog)).toEqual(contentOf(fresh));
    }),
    { numRuns: 1_000 },
  );
});
