// What a look at what is remembered costs: the main thread speaks HTTP meanwhile, and the kubelet waits for it.

import { expect, test } from "vitest";
import { createAnswers } from "#src/app/answers.ts";
import { createClusterClaims } from "#src/app/cluster-claims.ts";
import { createClusterMemory } from "#src/app/cluster-memory.ts";
import { SILENT } from "#src/lib/log.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { recordSet } from "#test/support/dns/records.ts";
import { createVirtualClock } from "#test/support/virtual-clock.ts";
import { HOME } from "#test/unit/sources/objects.ts";

const CATALOG = {
  sourceOptions: defaultSourceOptions([HOME]),
  sources: sourcesNamed(["ingress"]),
  nowMs: () => 0,
};
const SILENT_ANSWERS = createAnswers({
  view: "",
  zones: [],
  awaited: [],
  clock: createVirtualClock(),
  log: SILENT,
  publish: () => Promise.resolve(),
});

test("a look at ten thousand remembered record sets asks for one report", async () => {
  const claims = Array.from({ length: 10_000 }, (_, index) => ({
    set: recordSet(`n${index}.home.example.com 60 A 192.0.2.1`),
    knownAtMs: 0,
  })).map(({ set, knownAtMs }) => ({
    set: { ...set, origin: { kind: "Ingress", namespace: "apps", name: "n" } as const },
    knownAtMs,
  }));
  let reports = 0;
  const memory = createClusterMemory({
    views: [{ name: "", filters: "", answers: SILENT_ANSWERS, cluster: createClusterClaims([undefined], CATALOG) }],
    sources: sourcesNamed(["ingress"]),
    keeper: {
      restore: () =>
        Promise.resolve({
          clusters: new Map([["", { uid: "u", absentKinds: [] }]]),
          views: new Map([["", { filters: "", claims }]]),
        }),
      changed: () => undefined,
      status: () => ({ savedAtMs: 0, failedWrites: 0 }),
    },
    report: () => {
      reports += 1;
      return { synced: false, clusters: [{ name: "test", identity: { state: "unknown", uid: undefined }, kinds: [] }] };
    },
    log: SILENT,
    everyView: () => Promise.resolve(),
  });
  await memory.recall();
  memory.look();
  expect(memory.status().staleRecordSets).toBe(10_000);
  expect(reports).toBe(1);
});
