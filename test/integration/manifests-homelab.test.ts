// The example that the documentation starts with, from its files to merged record sets.

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type DomainName, parseName } from "#src/domain/name.ts";
import { SILENT } from "#src/lib/log.ts";
import { createManifestInventory } from "#src/manifests/inventory.ts";
import { createCatalog } from "#src/sources/catalog.ts";
import { mergeRecordSets } from "#src/sources/merge.ts";
import { defaultSourceOptions, defaultZone, type SourceZone } from "#src/sources/source.ts";

const FOLDER = fileURLToPath(new URL("../../examples/homelab", import.meta.url));
const LAN_ADDRESSES = ["A 192.168.20.10", "AAAA fd20:0:0:20::10"];
const GATEWAY_ADDRESSES = ["A 192.168.20.40", "AAAA fd20:0:0:20::40"];

function name(text: string): DomainName {
  const parsed = parseName(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

async function readHomelab(zones: readonly SourceZone[]) {
  const catalog = createCatalog({ sourceOptions: defaultSourceOptions(zones), nowMs: () => 0 });
  const inventory = createManifestInventory({
    folder: FOLDER,
    log: SILENT,
    onChange: (change) => catalog.apply(change),
  });
  await inventory.start();
  await inventory.stop();
  const { recordSets, conflicts } = mergeRecordSets(catalog.recordSets());
  const answers: Record<string, string[]> = {};
  for (const set of recordSets) {
    const ttl = set.ttlSeconds === undefined ? [] : [set.ttlSeconds];
    (answers[set.name] ??= []).push([set.type, ...ttl, ...set.targets].join(" "));
  }
  return { answers, conflicts, problems: catalog.problems(), report: inventory.report() };
}

test("zone home.example.com with its defaults answers what the comments promise", async () => {
  const { answers, conflicts, report } = await readHomelab([defaultZone(name("home.example.com"))]);
  expect(report.problems).toEqual([]);
  expect(conflicts).toEqual([]);
  expect(answers).toEqual({
    "*.apps.home.example.com": LAN_ADDRESSES,
    "*.lab.home.example.com": GATEWAY_ADDRESSES,
    "dlna.home.example.com": ["A"],
    "documents.home.example.com": LAN_ADDRESSES,
    "external-ingress-nginx-controller.network.home.example.com": ["A 192.168.20.20"],
    "gateway.home.example.com": GATEWAY_ADDRESSES,
    "git.home.example.com": GATEWAY_ADDRESSES,
    "grafana.home.example.com": ["CNAME internal.home.example.com"],
    "hass.home.example.com": LAN_ADDRESSES,
    "home-assistant.home.example.com": LAN_ADDRESSES,
    "internal.home.example.com": LAN_ADDRESSES,
    "jellyfin.home.example.com": LAN_ADDRESSES,
    "mqtt.home.example.com": ["A 60 192.168.20.30"],
    "paperless.home.example.com": LAN_ADDRESSES,
    "photos.home.example.com": GATEWAY_ADDRESSES,
    "plex.home.example.com": ["A 192.168.20.31", "AAAA fd20:0:0:20::31"],
  });
});

test("what is absent says why", async () => {
  const { problems } = await readHomelab([defaultZone(name("home.example.com"))]);
  expect(problems.map((problem) => `${problem.code} ${problem.hostname ?? problem.object.name}`).sort()).toEqual([
    "address.none dlna.home.example.com",
    "host.outside blog.example.com",
    "host.outside photos.example.com",
    "host.outside www.example.com",
    "object.ignored prometheus",
    "route.unaccepted old.home.example.com",
  ]);
});

test("zone example.com that watches class external answers inside with the controller's own address", async () => {
  const apex = name("example.com");
  const { answers } = await readHomelab([
    defaultZone(name("home.example.com")),
    {
      apex,
      ingressClasses: ["external"],
      watchesDefaultClass: false,
      gateways: { gateways: { named: ["network/external"], others: "none" }, classes: { named: [], others: "all" } },
    },
  ]);
  expect(answers["www.example.com"]).toEqual(["A 192.168.20.20"]);
  expect(answers["blog.example.com"]).toEqual(["A 192.168.20.20"]);
  expect(answers["photos.example.com"]).toEqual(["A 192.168.20.41"]);
  expect(answers["photos.home.example.com"]).toEqual(GATEWAY_ADDRESSES);
  expect(answers["plex.example.com"]).toEqual(["A 192.168.20.31", "AAAA fd20:0:0:20::31"]);
});
