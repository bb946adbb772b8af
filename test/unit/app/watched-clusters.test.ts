// What of a cluster reaches the disk: what changes an answer, and nothing for an object that only moves.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createClusterClaims } from "#src/app/cluster-claims.ts";
import type { View } from "#src/app/view.ts";
import { createWatchedClusters } from "#src/app/watched-clusters.ts";
import { SILENT } from "#src/lib/log.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { HOME, ingress } from "#test/unit/sources/objects.ts";

test("a change that no answer depends on writes no checkpoint", async () => {
  const folder = await temporaryFolder();
  const clock = new ManualClock();
  const options = { sourceOptions: defaultSourceOptions([HOME]), sources: sourcesNamed(["ingress"]), nowMs: () => 0 };
  const served = { contribute: () => Promise.resolve(), contributePart: () => Promise.resolve() };
  const cluster = createClusterClaims([undefined], options);
  const view = { name: "", cluster, filters: new Map(), answers: served } as unknown as View;
  const watched = createWatchedClusters({
    feed: {
      clusters: [undefined],
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      readLease: () => Promise.resolve(undefined),
      report: () => ({ synced: true, handlerFailures: 0, sockets: 0, clusters: [] }),
    },
    views: [view],
    sources: options.sources,
    folder,
    clock,
    log: SILENT,
    everyView: (contribute) => contribute(view),
    bugCaught: () => undefined,
  });
  const app = ingress(["app.home.example.com"], { className: "internal" });
  await watched.start();
  watched.takeIn({ upserted: [app], deleted: [] });
  watched.noteReport();
  await expect.poll(() => readFile(join(folder, "checkpoint.jsonl"), "utf8")).toContain('"generation":1');
  watched.takeIn({ upserted: [{ ...app, metadata: { ...app.metadata, generation: 2 } }], deleted: [] });
  await clock.advance(60_000);
  await watched.stop();
  expect(await readFile(join(folder, "checkpoint.jsonl"), "utf8")).toContain('"generation":1');
});
