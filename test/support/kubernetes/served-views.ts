// The reading half without sockets: the emulated API server in memory, the real inventory, sources, memory and views, and answers
// made from what was published, all on one clock. A day passes in as many steps as somebody wakes in it.

import { onTestFinished } from "vitest";
import { claimsOf } from "#src/app/claims.ts";
import { readTrimmed, wantedResources } from "#src/app/cluster-resources.ts";
import { createView, type View } from "#src/app/view.ts";
import { createWatchedClusters, type WatchedClusters } from "#src/app/watched-clusters.ts";
import type { Settings } from "#src/config/settings.ts";
import { respond } from "#src/dns/respond.ts";
import { changeSnapshot, EMPTY_SNAPSHOT, type Snapshot } from "#src/dns/snapshot.ts";
import type { ZoneChange } from "#src/dns/zone-content.ts";
import { createApiClient } from "#src/kubernetes/client.ts";
import { createClusterInventory } from "#src/kubernetes/inventory.ts";
import type { ApiTransport } from "#src/kubernetes/transport.ts";
import { SILENT } from "#src/lib/log.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { staticRecordSets } from "#src/sources/static.ts";
import { createTrim } from "#src/sources/trim.ts";
import { createKubeApiServer, type KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { timeOfClock } from "#test/fakes/kube-apiserver/kube-time.ts";
import { valuesOf } from "#test/support/dns/lookup.ts";
import { buildQuery, DEFAULT_EDNS, type ReadReply, readReply } from "#test/support/dns/packets.ts";
import { JumpingClock } from "#test/support/jumping-clock.ts";
import { createRandom } from "#test/support/random.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

export interface World {
  readonly clock: JumpingClock;
  readonly server: KubeApiServer;
  /** Where the API is: while it is away connections are refused, and those that were open are gone. */
  setAway(isAway: boolean): void;
  readonly transport: ApiTransport;
}

/** An API server, in this world's time. */
export function createWorld(): World {
  const clock = new JumpingClock();
  const server = createKubeApiServer({ time: timeOfClock(clock) });
  onTestFinished(() => server.stop());
  let isAway = false;
  const usual = server.transport();
  return {
    clock,
    server,
    setAway: (next) => {
      isAway = next;
      if (isAway) server.endWatches();
    },
    transport: (request, signal) =>
      isAway
        ? Promise.reject(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }))
        : usual(request, signal),
  };
}

export interface ServedViews {
  /** What a client with EDNS is answered. */
  ask(name: string, type?: string, view?: string): ReadReply;
  /** The values that `followed` had after each publication, in order, joined. */
  readonly history: readonly string[];
  readonly clusters: WatchedClusters;
  readonly views: readonly View[];
  /** Events at level warn and error, in order. */
  readonly warnings: readonly string[];
  stop(): Promise<void>;
}

export interface ServedOptions {
  readonly settings: Settings;
  /** Of the checkpoint; a new one when left out. */
  readonly folder?: string;
  /** A name whose every answer is kept. */
  readonly followed?: string;
  /** Of the service account; the administrator's when left out. */
  readonly token?: string;
}

/** One life of the process on `world`; it ends with the test at the latest. */
export async function serveViews(world: World, { settings, ...options }: ServedOptions): Promise<ServedViews> {
  const { clock } = world;
  const folder = options.folder ?? (await temporaryFolder());
  const warnings: string[] = [];
  const keep = (_fields: object, event: string): void => void warnings.push(event);
  const log = { ...SILENT, warn: keep, error: keep };
  const sources = sourcesNamed(settings.sources.kinds);
  const served = new Map<string, { readonly snapshot: Snapshot; readonly ready: boolean }>();
  const history: string[] = [];
  const ask = (name: string, type = "A", view = ""): ReadReply =>
    readReply(replyTo(buildQuery({ name, type, edns: DEFAULT_EDNS }), served.get(view)));
  const publish = (view: string, changes: readonly ZoneChange[], ready: boolean): Promise<void> => {
    const snapshot = changeSnapshot(served.get(view)?.snapshot ?? EMPTY_SNAPSHOT, changes);
    served.set(view, { snapshot, ready });
    if (options.followed !== undefined) history.push(valuesOf(ask(options.followed)).join(" "));
    return Promise.resolve();
  };
  const views = settings.views.map((view) =>
    createView(
      {
        settings: view,
        sources,
        sourceSettings: settings.sources,
        clusters: [undefined],
        protectedNames: [],
        ownAddresses: [],
        bugCaught: () => undefined,
        awaited: ["static", "cluster"],
        clock,
        log,
        publish: (changes, ready) => publish(view.name, changes, ready),
      },
      staticRecordSets(settings.records, view.zones).recordSets,
    ),
  );
  const inventory = inventoryOf(world, { settings, options, log, tell: () => clusters });
  const everyView = async (contribute: (view: View) => Promise<void>): Promise<void> => {
    await Promise.all(views.map(contribute));
  };
  const clusters: WatchedClusters = createWatchedClusters({
    feed: {
      clusters: [undefined],
      readLease: () => Promise.resolve(undefined),
      ...inventory,
      report: () => ({ ...inventory.report(), sockets: 0 }),
    },
    views,
    sources,
    folder,
    clock,
    log,
    everyView,
    bugCaught: () => undefined,
  });
  await everyView((view) => view.answers.contribute("static", claimsOf(view.staticSets)));
  await clusters.start();
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) await clusters.stop();
    isStopped = true;
  };
  onTestFinished(stop);
  return {
    ask,
    history,
    clusters,
    views,
    warnings,
    stop,
  };
}

function inventoryOf(
  { clock, server, transport }: World,
  given: {
    readonly settings: Settings;
    readonly options: Pick<ServedOptions, "token">;
    readonly log: typeof SILENT;
    readonly tell: () => WatchedClusters;
  },
) {
  const shapes = shapesOf(sourcesNamed(given.settings.sources.kinds));
  const trim = createTrim(shapes, given.settings.sources.annotationPrefixes, []);
  const authorization = `Bearer ${given.options.token ?? server.adminToken}`;
  const random = createRandom(1);
  const inventory = createClusterInventory({
    clusters: [
      {
        name: "test",
        client: createApiClient({
          transport,
          credentials: { headers: () => Promise.resolve({ authorization }) },
          clock,
        }),
      },
    ],
    resources: wantedResources(shapes),
    namespaces: [],
    transform: (raw) => readTrimmed(raw, trim),
    clock,
    log: given.log,
    random: () => random.next(),
    onChange: (change) => given.tell().takeIn(change),
    onReport: () => given.tell().noteReport(),
  });
  return {
    start: () => inventory.start(),
    stop: () => inventory.stop(),
    report: () => inventory.report(),
  };
}

function replyTo(
  query: Uint8Array,
  at: { readonly snapshot: Snapshot; readonly ready: boolean } | undefined,
): Uint8Array {
  const { snapshot, ready } = at ?? { snapshot: EMPTY_SNAPSHOT, ready: false };
  const outcome = respond(query, { snapshot, ready, protocol: "udp" });
  if (outcome.kind === "drop") throw new Error(`dropped: ${outcome.reason}`);
  return outcome.message;
}
