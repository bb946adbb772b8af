// The reading half put together: manifests, clusters and static records become record sets, those become answers, the data plane
// serves them. Joins parts; decides nothing about names or packets.

import { networkInterfaces } from "node:os";
import type { Listener, Settings } from "#src/config/settings.ts";
import type { InventoryChange } from "#src/domain/cluster-object.ts";
import { selectorKeys } from "#src/domain/label-selector.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { ConfigError } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { createManifestInventory, type ManifestInventory, type ManifestReport } from "#src/manifests/inventory.ts";
import type { Announcement } from "#src/ops/explanation.ts";
import { createDataPlane, type DataPlane, type DataPlaneOptions } from "#src/server/data-plane.ts";
import type { ListenAddress } from "#src/server/listen-addresses.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import type { SourceProblem } from "#src/sources/source.ts";
import { staticRecordSets } from "#src/sources/static.ts";
import { createTrim, type Trim } from "#src/sources/trim.ts";
import { announcementsOf } from "./announcers.ts";
import type { AnswersStatus, Contributor } from "./answers.ts";
import { claimsOf } from "./claims.ts";
import type { ClusterFeedFactory, ClusterFeedReport } from "./cluster-feed.ts";
import type { ReadingFacts } from "./explain/facts.ts";
import { kindFactsOf } from "./explain/kinds-facts.ts";
import { createView, type View, type ViewOptions } from "./view.ts";
import { createWatchedClusters, type WatchedClusters } from "./watched-clusters.ts";

/** Longest wait for sources before names are denied all the same (docs/decisions.md 16). */
const WAIT_FOR_SOURCES_MS = 60_000;

export interface ReadingHalfOptions {
  readonly settings: Settings;
  /** Whether the local store will contribute, and must be waited for. */
  readonly servesLocal: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** Makes the feed of the clusters in the settings; `undefined` where none is read. */
  readonly createFeed: ClusterFeedFactory | undefined;
  /** An error that no code foresaw. */
  bugCaught(): void;
}

/** Of the view of everybody, but for what is said otherwise. */
export interface ReadingStatus extends AnswersStatus {
  readonly views: readonly (Pick<AnswersStatus, "zones" | "conflicts"> & { readonly name: string })[];
  readonly addresses: ReturnType<DataPlane["addresses"]>;
  readonly manifests: ManifestReport | undefined;
  readonly kubernetes: ClusterFeedReport | undefined;
  readonly checkpoint: ReturnType<WatchedClusters["memory"]["status"]> | undefined;
  readonly objectProblems: readonly SourceProblem[];
}

export interface ReadingHalf extends Lifecycle {
  /** Takes the local store's record sets in; they are served as soon as the data plane has them. */
  contributeLocal(recordSets: readonly RecordSet[]): void;
  isLive(): Promise<boolean>;
  counters(): Readonly<Record<string, number>>;
  status(): ReadingStatus;
  /** How it stands with the clusters; `undefined` where none is read. */
  clusters(): ClusterFeedReport | undefined;
  /** How it stands with the last good state on disk; `undefined` where no cluster is read. */
  checkpoint(): ReadingStatus["checkpoint"];
  /** What must have been read before this process may be sent clients: not what a checkpoint stands in for. */
  unread(): readonly string[];
  /** What an explanation of a name is made from; `undefined` for a view that is not there. */
  facts(view: string): ReadingFacts | undefined;
  readonly viewNames: readonly string[];
  /** Which nodes announce these addresses; `undefined` unless the settings say that clusters are asked. Never rejects. */
  announcements(view: string, addresses: readonly string[]): Promise<readonly Announcement[] | undefined>;
}

/** How long /livez waits for the data plane's own answer. */
const PING_TIMEOUT_MS = 2_000;
/** "Every address of the family" is no address that a client could be sent to. */
const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** Throws ConfigError when a static record lies in no zone. */
export function createReadingHalf(options: ReadingHalfOptions): ReadingHalf {
  return new JoinedReadingHalf(options);
}

class JoinedReadingHalf implements ReadingHalf {
  readonly #options: ReadingHalfOptions;
  readonly #dataPlane: DataPlane;
  readonly #views: readonly View[];
  readonly #trim: Trim;
  readonly #manifests: ManifestInventory | undefined;
  readonly #clusters: WatchedClusters | undefined;
  readonly #stopping = new AbortController();

  constructor(options: ReadingHalfOptions) {
    const { settings, clock, log } = options;
    const sources = sourcesNamed(settings.sources.kinds);
    const shapes = shapesOf(sources);
    this.#options = options;
    this.#dataPlane = createDataPlane(dataPlaneOptions(options));
    this.#trim = createTrim(shapes, settings.sources.annotationPrefixes, labelsAskedFor(settings));
    const feed = options.createFeed?.({
      shapes,
      trim: this.#trim,
      log,
      onChange: (change) => this.#clusters?.takeIn(change),
      onReport: () => this.#clusters?.noteReport(),
    });
    this.#views = createViews(options, {
      sources,
      clusters: feed?.clusters ?? [],
      publish: (publication) => this.#dataPlane.publish(publication),
    });
    const folder = settings.sources.manifests;
    if (folder !== undefined) {
      this.#manifests = createManifestInventory({ folder, log, clock, onChange: (change) => this.#takeIn(change) });
    }
    if (feed !== undefined) {
      this.#clusters = createWatchedClusters({
        feed,
        views: this.#views,
        sources,
        folder: settings.data.dir,
        clock,
        log,
        everyView: (contribute) => this.#everyView(contribute),
        bugCaught: () => options.bugCaught(),
      });
    }
  }

  async start(): Promise<void> {
    const published = this.#everyView((view) => view.answers.contribute("static", claimsOf(view.staticSets)));
    await this.#dataPlane.start();
    await published;
    void this.#stopWaitingInTime();
    this.#stopping.signal.throwIfAborted();
    await this.#clusters?.start();
    if (this.#manifests === undefined) return;
    this.#stopping.signal.throwIfAborted();
    await this.#manifests.start();
    // An empty folder tells of no change, and has been read all the same.
    await this.#everyView((view) => view.takeManifests({ upserted: [], deleted: [] }));
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    await this.#manifests?.stop();
    await this.#clusters?.stop();
    await this.#dataPlane.stop();
  }

  contributeLocal(recordSets: readonly RecordSet[]): void {
    const claims = claimsOf(recordSets);
    void this.#everyView((view) => view.answers.contribute("local", claims));
  }

  isLive(): Promise<boolean> {
    return this.#dataPlane.ping(PING_TIMEOUT_MS);
  }

  counters(): Readonly<Record<string, number>> {
    return this.#dataPlane.counters();
  }

  status(): ReadingStatus {
    const [main, ...others] = this.#views;
    if (main === undefined) throw new Error("there is always the view of everybody");
    return {
      ...main.answers.status(),
      views: others.map(({ name, answers }) => {
        const { zones, conflicts } = answers.status();
        return { name, zones, conflicts };
      }),
      addresses: this.#dataPlane.addresses(),
      manifests: this.#manifests?.report(),
      kubernetes: this.#clusters?.report(),
      checkpoint: this.#clusters?.memory.status(),
      objectProblems: main.problems(),
    };
  }

  clusters(): ClusterFeedReport | undefined {
    return this.#clusters?.report();
  }

  checkpoint(): ReadingStatus["checkpoint"] {
    return this.#clusters?.memory.status();
  }

  unread(): readonly string[] {
    const waitingFor = this.#views[0]?.answers.status().waitingFor ?? [];
    const hasMemory = this.#clusters?.memory.standsIn ?? false;
    return waitingFor.filter((contributor) => contributor !== "cluster" || !hasMemory);
  }

  facts(viewName: string): ReadingFacts | undefined {
    const view = this.#views.find(({ name }) => name === viewName);
    if (view === undefined) return undefined;
    const memory = this.#clusters?.memory.status();
    return {
      ...view.facts(),
      unreadableFiles: (this.#manifests?.report().problems ?? []).map(({ path }) => path),
      kinds: kindFactsOf(this.#clusters?.report()),
      kindsOn: this.#options.settings.sources.kinds,
      namespaces: this.#options.settings.kubernetes?.namespaces ?? [],
      readsManifests: this.#manifests !== undefined,
      recalledAtMs: (memory?.staleRecordSets ?? 0) > 0 ? memory?.savedAtMs : undefined,
    };
  }

  get viewNames(): readonly string[] {
    return this.#views.map(({ name }) => name);
  }

  async announcements(viewName: string, addresses: readonly string[]): Promise<readonly Announcement[] | undefined> {
    const { settings, clock } = this.#options;
    const { cilium } = settings.sources;
    const view = this.#views.find(({ name }) => name === viewName);
    if (!cilium.leases || this.#clusters === undefined || view === undefined) return undefined;
    return announcementsOf(view, addresses, { cilium, readLease: this.#clusters.readLease, clock });
  }

  #takeIn({ upserted, deleted }: InventoryChange): void {
    const trimmed = upserted.map(this.#trim).filter((object) => object !== undefined);
    void this.#everyView((view) => view.takeManifests({ upserted: trimmed, deleted }));
  }

  /** Resolves when it is served; never rejects. */
  async #everyView(contribute: (view: View) => Promise<void>): Promise<void> {
    await Promise.all(this.#views.map((view) => this.#settle(contribute(view))));
  }

  /** What cannot be published is a bug, or the end of the process; the old answers go on either way. */
  async #settle(publication: Promise<void>): Promise<void> {
    try {
      await publication;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#options.bugCaught();
      this.#options.log.error({ err: error }, "answers not published");
    }
  }

  async #stopWaitingInTime(): Promise<void> {
    try {
      await this.#options.clock.sleep(WAIT_FOR_SOURCES_MS, this.#stopping.signal);
    } catch {
      // The process stops first.
      return;
    }
    const { waitingFor } = this.status();
    if (waitingFor.length === 0) return;
    this.#options.log.warn({ waitingFor, waitedMs: WAIT_FOR_SOURCES_MS }, "sources not waited for any longer");
    await this.#everyView(({ answers }) => answers.stopWaiting());
  }
}

function labelsAskedFor({ sources }: Settings): readonly string[] {
  return sources.kindOptions.service.labelSelectors.flatMap(selectorKeys);
}

function dataPlaneOptions({ settings, clock, log }: ReadingHalfOptions): DataPlaneOptions {
  const { dns, views } = settings;
  const listenersOf = ({ addresses, port }: Listener, view?: string): readonly ListenAddress[] =>
    addresses.map((address) => ({ address, port, ...(view === undefined ? {} : { view }) }));
  return {
    listen: [
      ...listenersOf(dns),
      ...views.flatMap(({ listener, name }) => (listener === undefined ? [] : listenersOf(listener, name))),
    ],
    allowedNetworks: dns.allow,
    clientViews: views.flatMap(({ name, clients }) => (clients.length === 0 ? [] : [{ view: name, clients }])),
    subnets: dns.subnets,
    uncappedClients: [],
    serverId: dns.nsid,
    interfaces: networkInterfaces,
    clock,
    logger: log,
  };
}

function createViews(
  options: ReadingHalfOptions,
  given: Pick<ViewOptions, "sources" | "clusters"> & { readonly publish: DataPlane["publish"] },
): readonly View[] {
  const { settings, servesLocal, createFeed, clock, log } = options;
  const awaited: Contributor[] = ["static"];
  if (servesLocal) awaited.push("local");
  if (settings.sources.manifests !== undefined) awaited.push("manifests");
  if (createFeed !== undefined) awaited.push("cluster");
  const staticSets = readStaticRecords(settings);
  return settings.views.map((view, index) =>
    createView(
      {
        ...given,
        settings: view,
        sourceSettings: settings.sources,
        protectedNames: settings.sync.protectedNames,
        ownAddresses: (view.listener ?? settings.dns).addresses.filter((address) => !WILDCARDS.has(address)),
        bugCaught: () => options.bugCaught(),
        awaited,
        clock,
        log,
        publish: (changes, ready) => given.publish({ view: view.name, changes, ready }),
      },
      staticSets[index] ?? [],
    ),
  );
}

/** Of each view what lies in its zones. A record that none of them can answer is a mistake, in the words of the first. */
function readStaticRecords({ records, views }: Settings): readonly (readonly RecordSet[])[] {
  const read = views.map(({ zones }) => staticRecordSets(records, zones));
  const [first, ...others] = read;
  const isRefusedIn = (path: string, { problems }: (typeof read)[number]): boolean =>
    problems.some((problem) => problem.path === path);
  const problems = (first?.problems ?? []).filter(({ path }) => others.every((view) => isRefusedIn(path, view)));
  if (problems.length > 0) throw new ConfigError(problems);
  return read.map(({ recordSets }) => recordSets);
}
