// What a source looks up, from a change of the other object to record sets.

import { describe, expect, test } from "vitest";
import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { type Catalog, createCatalog } from "#src/sources/catalog.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { endpointSlice, HOME, ingressRoute, lines, service } from "./objects.ts";

function catalogOf(...objects: readonly ClusterObject[]): Catalog {
  const catalog = createCatalog({ sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0 });
  catalog.apply({ upserted: objects, deleted: [] });
  return catalog;
}

describe("endpoints of a Service", () => {
  const db = service({
    metadata: { annotations: { "k8s-gateway.dns/resolve-endpoints": "true" } },
    spec: { type: "ClusterIP", clusterIP: "None" },
  });
  const slice = (address: string) => endpointSlice("app-x1", [{ addresses: [address] }]);

  test("are followed as they come and go, and are not held", () => {
    const catalog = catalogOf(db);
    expect(lines(catalog.recordSets())).toEqual(["app.default.home.example.com A"]);
    catalog.apply({ upserted: [slice("10.42.0.1")], deleted: [] });
    expect(lines(catalog.recordSets())).toEqual(["app.default.home.example.com A 10.42.0.1"]);
    catalog.apply({ upserted: [slice("10.42.0.2")], deleted: [] });
    expect(lines(catalog.recordSets())).toEqual(["app.default.home.example.com A 10.42.0.2"]);
    catalog.apply({ upserted: [], deleted: [keyOf(slice(""))] });
    expect(lines(catalog.recordSets())).toEqual(["app.default.home.example.com A"]);
    expect(catalog.nextExpiryMs()).toBeUndefined();
  });
});

describe("Traefik's Service", () => {
  const traefik = (address: string) =>
    service({ metadata: { name: "traefik", namespace: "traefik" }, addresses: [address] });

  test("moves every IngressRoute with it", () => {
    const catalog = catalogOf(ingressRoute(["Host(`a.home.example.com`)"]), traefik("192.0.2.1"));
    catalog.apply({ upserted: [traefik("192.0.2.2")], deleted: [] });
    expect(lines(catalog.recordSets())).toEqual([
      "a.home.example.com A 192.0.2.2",
      "traefik.traefik.home.example.com A 192.0.2.2",
    ]);
  });
});
