// A name that two parts of one object claim: what one of them lost is held, what the other still has is no loss.

import { expect, test } from "vitest";
import { createCatalog } from "#src/sources/catalog.ts";
import { DEFAULT_KIND_OPTIONS } from "#src/sources/kind-options.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { HOME, service } from "./objects.ts";

test("a lost load balancer is held beside the cluster address, each claimed once, and let go in time", () => {
  const kinds = { ...DEFAULT_KIND_OPTIONS, service: { ...DEFAULT_KIND_OPTIONS.service, clusterAddresses: true } };
  let nowMs = 0;
  const catalog = createCatalog({
    sourceOptions: { ...defaultSourceOptions([HOME]), kinds },
    nowMs: () => nowMs,
    statusHoldMs: 1_000,
  });
  const name = "app.home.example.com";
  const annotations = {
    "external-dns.kubernetes.io/hostname": name,
    "external-dns.kubernetes.io/internal-hostname": name,
  };
  const apply = (addresses: readonly string[]): readonly unknown[] => {
    const spec = { clusterIPs: ["10.43.0.9"] };
    catalog.apply({ upserted: [service({ metadata: { uid: "u", annotations }, spec, addresses })], deleted: [] });
    return catalog.recordSets().map(({ targets }) => targets);
  };
  expect(apply(["192.0.2.1"])).toEqual([["192.0.2.1"], ["10.43.0.9"]]);
  for (let change = 0; change < 3; change += 1) expect(apply([])).toEqual([["192.0.2.1"], ["10.43.0.9"]]);
  nowMs = 1_000;
  catalog.expire();
  expect(apply([])).toEqual([[], ["10.43.0.9"]]);
  expect(catalog.nextExpiryMs()).toBeUndefined();
});
