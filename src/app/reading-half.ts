// The reading half put together: manifests and static records become record sets, those become answers, the data plane
// serves them. Joins parts; decides nothing about names or packets.

import { networkInterfaces } from "node:os";
import type { Settings } from "#src/config/settings.ts";
import { completeZoneOptions, type ZoneOptions } from "#src/dns/zone-content.ts";
import type { InventoryChange } from "#src/domain/cluster-object.ts";
import { selectorKeys } from "#src/domain/label-selector.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { ConfigError } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { createManifestInventory, type ManifestInventory, type ManifestReport } from "#src/manifests/inventory.ts";
import { createDataPlane, type DataPlane } from "#src/server/data-plane.ts";
import { type Catalog, createCatalog } from "#src/sources/catalog.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions, PROTECTED_LABELS, type SourceProblem } from "#src/sources/source.ts";
import { staticRecordSets } from "#src/sources/static.ts";
import { createTrim, type Trim } from "#src/sources/trim.ts";
import { type Answers, type AnswersStatus, type Contributor, createAnswers } from "./answers.ts";
import type { ReadingFacts } from "./explain/facts.ts";

/** Longest wait for sources before names are denied all the same (docs/decisions.md 16). */
const WAIT_FOR_SOURCES_MS = 60_000;

export interface ReadingHalfOptions {
  readonly settings: Settings;
  /** Whether the local store will contribute, and must be waited for. */
  readonly servesLocal: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** An error that no code foresaw. */
  bugCaught(): void;
}

export interface ReadingStatus extends AnswersStatus {
  readonly addresses: ReturnType<DataPlane["addresses"]>;
  readonly manifests: ManifestReport | undefined;
  readonly objectProblems: readonly SourceProblem[];
}

export interface ReadingHalf extends Lifecycle {
  /** Takes the local store's record sets in; they are served as soon as the data plane has them. */
  contributeLocal(recordSets: readonly RecordSet[]): void;
  isLive(): Promise<boolean>;
  counters(): Readonly<Record<string, number>>;
  status(): ReadingStatus;
  /** What an explanation of a name is made from. */
  facts(): ReadingFacts;
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
  readonly #answers: Answers;
  readonly #catalog: Catalog;
  readonly #trim: Trim;
  readonly #inventory: ManifestInventory | undefined;
  readonly #staticSets: readonly RecordSet[];
  readonly #stopping = new AbortController();

  constructor(options: ReadingHalfOptions) {
    const { settings, clock, log } = options;
    this.#options = options;
    this.#staticSets = readStaticRecords(settings);
    this.#dataPlane = createDataPlane({
      listen: settings.dns.addresses.map((address) => ({ address, port: settings.dns.port })),
      allowedNetworks: settings.dns.allow,
      uncappedClients: [],
      serverId: settings.dns.nsid,
      interfaces: networkInterfaces,
      clock,
      logger: log,
    });
    const folder = settings.sources.manifests;
    const awaited: Contributor[] = ["static"];
    if (options.servesLocal) awaited.push("local");
    if (folder !== undefined) awaited.push("manifests");
    this.#answers = createAnswers({
      zones: zoneOptions(settings),
      awaited,
      clock,
      log,
      publish: (contents, ready) => this.#dataPlane.publish(contents, ready),
    });
    const nameservers = settings.zones.flatMap((zone) => zone.nameservers.map((nameserver) => nameserver.name));
    const sources = sourcesNamed(settings.sources.kinds);
    this.#trim = createTrim(shapesOf(sources), settings.sources.annotationPrefixes, labelsAskedFor(settings));
    this.#catalog = createCatalog({
      sourceOptions: {
        ...defaultSourceOptions(settings.zones, nameservers),
        annotationPrefixes: settings.sources.annotationPrefixes,
        classTargets: settings.sources.classTargets,
        kinds: settings.sources.kindOptions,
      },
      sources,
      nowMs: () => clock.monotonicMs(),
      // Whoever takes an address out of a file means it; holds are for a controller that restarts.
      statusHoldMs: 0,
    });
    if (folder !== undefined) {
      this.#inventory = createManifestInventory({ folder, log, clock, onChange: (change) => this.#takeIn(change) });
    }
  }

  async start(): Promise<void> {
    const published = this.#contribute("static", this.#staticSets);
    await this.#dataPlane.start();
    await published;
    void this.#stopWaitingInTime();
    if (this.#inventory === undefined) return;
    await this.#inventory.start();
    // An empty folder tells of no change, and has been read all the same.
    await this.#contribute("manifests", this.#catalog.recordSets());
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    await this.#inventory?.stop();
    await this.#dataPlane.stop();
  }

  contributeLocal(recordSets: readonly RecordSet[]): void {
    void this.#contribute("local", recordSets);
  }

  isLive(): Promise<boolean> {
    return this.#dataPlane.ping(PING_TIMEOUT_MS);
  }

  counters(): Readonly<Record<string, number>> {
    return this.#dataPlane.counters();
  }

  status(): ReadingStatus {
    return {
      ...this.#answers.status(),
      addresses: this.#dataPlane.addresses(),
      manifests: this.#inventory?.report(),
      objectProblems: this.#catalog.problems(),
    };
  }

  facts(): ReadingFacts {
    return {
      ...this.#answers.facts(),
      zones: this.#options.settings.zones.map(({ apex }) => apex),
      problemsAbout: (name) => this.#catalog.problemsAbout(name),
      unreadableFiles: (this.#inventory?.report().problems ?? []).map(({ path }) => path),
    };
  }

  #takeIn({ upserted, deleted }: InventoryChange): void {
    const trimmed = upserted.map(this.#trim).filter((object) => object !== undefined);
    this.#catalog.apply({ upserted: trimmed, deleted });
    void this.#contribute("manifests", this.#catalog.recordSets());
  }

  /** Resolves when it is served; never rejects. */
  #contribute(from: Contributor, recordSets: readonly RecordSet[]): Promise<void> {
    return this.#settle(this.#answers.contribute(from, recordSets));
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
    const { waitingFor } = this.#answers.status();
    if (waitingFor.length === 0) return;
    this.#options.log.warn({ waitingFor, waitedMs: WAIT_FOR_SOURCES_MS }, "sources not waited for any longer");
    await this.#settle(this.#answers.stopWaiting());
  }
}

function labelsAskedFor({ sources }: Settings): readonly string[] {
  return sources.kindOptions.service.labelSelectors.flatMap(selectorKeys);
}

function readStaticRecords(settings: Settings): readonly RecordSet[] {
  const { recordSets, problems } = staticRecordSets(settings.records, settings.zones);
  if (problems.length > 0) throw new ConfigError(problems);
  return recordSets;
}

function zoneOptions(settings: Settings): readonly ZoneOptions[] {
  const ownAddresses = settings.dns.addresses.filter((address) => !WILDCARDS.has(address));
  return settings.zones.map((zone) => {
    const { apex, defaultTtlSeconds, negativeTtlSeconds, hostmaster } = zone;
    // A zone whose name servers have no addresses written down is served by us, where we are known to listen.
    const nameservers = zone.nameservers.map((nameserver) =>
      nameserver.addresses.length > 0 ? nameserver : { ...nameserver, addresses: ownAddresses },
    );
    return completeZoneOptions(apex, {
      defaultTtlSeconds,
      negativeTtlSeconds,
      nameservers,
      hostmaster,
      protectedLabels: PROTECTED_LABELS,
    });
  });
}
