// When a claim of the checkpoint makes room for what is known now: never before its object has been looked for, and not a moment
// later than it is known better.

import { describe, expect, test } from "vitest";
import type { Contributor } from "#src/app/answers.ts";
import type { Claims } from "#src/app/claims.ts";
import { createClusterClaims } from "#src/app/cluster-claims.ts";
import type { ClusterFeedReport } from "#src/app/cluster-feed.ts";
import { createClusterMemory } from "#src/app/cluster-memory.ts";
import type { View } from "#src/app/view.ts";
import type { CheckpointContent } from "#src/checkpoint/checkpoint-keeper.ts";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { SILENT } from "#src/lib/log.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { HOME, ingress } from "#test/unit/sources/objects.ts";

type Kind = ClusterFeedReport["clusters"][number]["kinds"][number];
type Stand = "unread" | "read" | "parked" | "gone" | "forbidden";

const STATES = {
  unread: "listing",
  read: "watching",
  parked: "parked",
  gone: "parked",
  forbidden: "forbidden",
} as const;

function kind(name: string, stand: Stand): Kind {
  return {
    group: "networking.k8s.io",
    kind: name,
    state: STATES[stand],
    sinceMs: 0,
    apiVersion: undefined,
    objects: 0,
    lastProofAtMs: stand === "read" ? 1 : undefined,
    relists: 0,
    drift: 0,
    dropped: { duplicate: 0, stale: 0, disorder: 0, malformed: 0, unknown: 0, unreadable: 0 },
    isHeld: false,
    isGone: stand === "gone",
    failure: undefined,
  };
}

/** A life that begins with what another left: Ingresses by name, each with one host of its name. */
async function recalling(names: readonly string[], { seenUid = "uid", filter = "internal" } = {}) {
  const options = { sourceOptions: defaultSourceOptions([HOME]), sources: sourcesNamed(["ingress"]), nowMs: () => 0 };
  const cluster = createClusterClaims([undefined], options);
  const before = createClusterClaims([undefined], options);
  before.apply({ upserted: names.map((name) => named(name)), deleted: [] });
  const stale = before.recordSets().map((set): RecordSet => ({ ...set, isStale: true }));
  const recalled: CheckpointContent = {
    clusterUids: new Map([["", "uid"]]),
    filters: new Map([["", new Map([[HOME.apex, "internal"]])]]),
    claims: new Map([["", stale]]),
  };
  const stands: { Ingress: Stand; IngressClass: Stand } = { Ingress: "unread", IngressClass: "unread" };
  let reports = 0;
  let claims: Claims | undefined;
  const view = {
    name: "",
    cluster,
    filters: new Map([[HOME.apex, filter]]),
    answers: { contribute: (_: Contributor, given: Claims) => ((claims = given), Promise.resolve()) },
  } as unknown as View;
  const memory = createClusterMemory({
    views: [view],
    sources: options.sources,
    keeper: {
      restore: () => Promise.resolve({ ...recalled, savedAtMs: 0 }),
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      changed: () => undefined,
      confirmed: () => undefined,
      savedAtMs: 0,
    },
    report: () => {
      reports += 1;
      const kinds = [kind("Ingress", stands.Ingress), kind("IngressClass", stands.IngressClass)];
      const identity = { state: "verified" as const, uid: seenUid };
      return { synced: false, handlerFailures: 0, sockets: 0, clusters: [{ name: "in-cluster", identity, kinds }] };
    },
    log: SILENT,
    everyView: (contribute) => contribute(view),
  });
  await memory.recall();
  return {
    memory,
    cluster,
    reports: () => reports,
    look: (now: Partial<typeof stands>) => {
      Object.assign(stands, now);
      memory.look();
      return [...(claims?.names() ?? [])].map((name) => name.split(".")[0] ?? "").toSorted();
    },
  };
}

function named(name: string, more: { className?: string; addresses?: readonly string[] } = {}): ClusterObject {
  const metadata = { name, namespace: "apps", labels: {}, annotations: {} };
  return ingress([`${name}.home.example.com`], { className: "internal", metadata, ...more });
}

describe("a claim of the checkpoint", () => {
  test("stays until its kind and all that it looks up have been read", async () => {
    const { look } = await recalling(["app"]);
    expect(look({})).toEqual(["app"]);
    expect(look({ IngressClass: "read" })).toEqual(["app"]);
    expect(look({ Ingress: "read" })).toEqual([]);
  });

  test("stays while the server says once that it has no such kind: one that starts has few", async () => {
    const { look } = await recalling(["app"]);
    expect(look({ Ingress: "parked", IngressClass: "read" })).toEqual(["app"]);
    expect(look({ Ingress: "gone" })).toEqual([]);
  });

  test("goes when its object is gone, although what it looks up may never be read", async () => {
    const { look, cluster } = await recalling(["app", "old"]);
    cluster.apply({ upserted: [named("app", { addresses: [] })], deleted: [] });
    expect(look({ Ingress: "read", IngressClass: "forbidden" })).toEqual(["app"]);
  });

  test("goes when its object says better, so that two addresses of two times are never answered together", async () => {
    const { look, cluster } = await recalling(["app"]);
    cluster.apply({ upserted: [named("app", { addresses: ["192.0.2.9"] })], deleted: [] });
    expect(look({ Ingress: "read", IngressClass: "forbidden" })).toEqual([]);
  });

  test("goes when another cluster answers", async () => {
    const { look } = await recalling(["app"], { seenUid: "another" });
    expect(look({})).toEqual([]);
  });
});

test("what another filter of a zone let in is not recalled: it may be what this one is to keep out", async () => {
  const { look } = await recalling(["app"], { filter: "public" });
  expect(look({})).toEqual([]);
});

test("a look asks once how it stands, however much is remembered", async () => {
  const { look, reports } = await recalling(Array.from({ length: 200 }, (_, index) => `app-${index}`));
  const before = reports();
  look({});
  expect(reports() - before).toBe(1);
});

test("kinds that may not be read keep nobody from remembering the others", async () => {
  const { look, memory, cluster } = await recalling([]);
  cluster.apply({ upserted: [named("app")], deleted: [] });
  look({ Ingress: "read", IngressClass: "forbidden" });
  expect(memory.collect()?.claims.get("")).toHaveLength(1);
});
