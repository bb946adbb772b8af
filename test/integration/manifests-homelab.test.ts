// The example that the documentation starts with, from its files to merged record sets.

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type DomainName, parseName } from "#src/domain/name.ts";
import { DEFAULT_SOURCE_NAMES, SOURCE_NAMES, type SourceName } from "#src/domain/source-name.ts";
import { SILENT } from "#src/lib/log.ts";
import { createManifestInventory } from "#src/manifests/inventory.ts";
import { createCatalog } from "#src/sources/catalog.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions, defaultZone, type SourceZone } from "#src/sources/source.ts";
import { createTrim, type Trim } from "#src/sources/trim.ts";
import { mergeRecordSets } from "#test/support/merge.ts";

const FOLDER = fileURLToPath(new URL("../../examples/homelab", import.meta.url));
const LAN_ADDRESSES = ["A 192.168.20.10", "AAAA fd20:0:0:20::10"];
const GATEWAY_ADDRESSES = ["A 192.168.20.40", "AAAA fd20:0:0:20::40"];

function name(text: string): DomainName {
  const parsed = parseName(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

const WHOLE: Trim = (object) => object;

async function readHomelab(
  zones: readonly SourceZone[],
  kinds: readonly SourceName[] = DEFAULT_SOURCE_NAMES,
  trim: Trim = WHOLE,
) {
  const sources = sourcesNamed(kinds);
  const catalog = createCatalog({ sourceOptions: defaultSourceOptions(zones), nowMs: () => 0, sources });
  const inventory = createManifestInventory({
    folder: FOLDER,
    log: SILENT,
    onChange: ({ upserted, deleted }) =>
      catalog.apply({ upserted: upserted.flatMap((object) => trim(object) ?? []), deleted }),
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
    "_sip._udp.home.example.com": ["SRV 0 5 5060 pbx.home.example.com"],
    "backup.home.example.com": ["CNAME vault.example.net"],
    "*.lab.home.example.com": GATEWAY_ADDRESSES,
    "dlna.home.example.com": ["A"],
    "docs.home.example.com": ["A 192.168.20.40"],
    "documents.home.example.com": LAN_ADDRESSES,
    "external-ingress-nginx-controller.network.home.example.com": ["A 192.168.20.20"],
    "game.home.example.com": ["A 192.168.20.40"],
    "gateway.home.example.com": GATEWAY_ADDRESSES,
    "git.home.example.com": GATEWAY_ADDRESSES,
    "grafana.home.example.com": ["CNAME internal.home.example.com"],
    "hass.home.example.com": LAN_ADDRESSES,
    "home-assistant.home.example.com": LAN_ADDRESSES,
    "internal.home.example.com": LAN_ADDRESSES,
    "jellyfin.home.example.com": LAN_ADDRESSES,
    "mail.home.example.com": ['TXT "v=spf1 mx -all"', "MX 10 smtp.example.net"],
    "mqtt.home.example.com": ["A 60 192.168.20.30"],
    "paperless.home.example.com": LAN_ADDRESSES,
    "pbx.home.example.com": ["A 192.168.10.5"],
    "photos.home.example.com": GATEWAY_ADDRESSES,
    "plex.home.example.com": ["A 192.168.20.31", "AAAA fd20:0:0:20::31"],
    "postgres.home.example.com": ["A 192.168.20.40"],
    "printer.home.example.com": ["A 3600 192.168.10.9"],
    "redis-0.redis.home.example.com": ["A 10.42.1.17"],
    "redis-1.redis.home.example.com": ["A 10.42.2.23"],
    "redis.home.example.com": ["A 10.42.1.17 10.42.2.23"],
    "traefik.home.example.com": ["A 192.168.20.40"],
    "wiki.home.example.com": ["A 192.168.20.40"],
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
    "service.type syslog",
  ]);
});

test("nodes, what is reached through them, and Pods with a second network answer where they are read", async () => {
  const { answers, problems } = await readHomelab([defaultZone(name("home.example.com"))], SOURCE_NAMES);
  expect(answers).toMatchObject({
    "matter.home.example.com": ["A 192.168.30.5"],
    "rack-1.home.example.com": ["A 192.168.20.2"],
    "syslog.home.example.com": ["A 192.168.20.2"],
  });
  expect(problems.map(({ code }) => code)).not.toContain("service.type");
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

test("what is trimmed from an object changes nothing that it gives", async () => {
  const zones = [defaultZone(name("home.example.com"))];
  const trim = createTrim(shapesOf(sourcesNamed(SOURCE_NAMES)), defaultSourceOptions(zones).annotationPrefixes);
  expect(await readHomelab(zones, SOURCE_NAMES, trim)).toEqual(await readHomelab(zones, SOURCE_NAMES));
});
