// One view: what the objects claim by the filters of its zones, merged and compiled apart from every other view. Joins parts;
// decides nothing about names.

import type { Settings, ViewSettings } from "#src/config/settings.ts";
import { completeZoneOptions, type ZoneOptions } from "#src/dns/zone-content.ts";
import type { InventoryChange } from "#src/domain/cluster-object.ts";
import { type DomainName, parentOf } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import { type Catalog, type CatalogOptions, createCatalog } from "#src/sources/catalog.ts";
import { defaultSourceOptions, PROTECTED_LABELS, type Source, type SourceProblem } from "#src/sources/source.ts";
import { type Answers, type AnswersOptions, createAnswers } from "./answers.ts";
import { type ClusterClaims, createClusterClaims } from "./cluster-claims.ts";
import type { ReadingFacts } from "./explain/facts.ts";
import type { KindsFacts } from "./explain/kinds-facts.ts";

export interface ViewOptions extends Pick<AnswersOptions, "awaited" | "publish"> {
  readonly settings: ViewSettings;
  readonly sources: readonly Source[];
  readonly sourceSettings: Settings["sources"];
  /** That neither objects nor a wildcard may have. */
  readonly protectedNames: readonly DomainName[];
  /** As objects have them; empty where no cluster is read. */
  readonly clusters: readonly (string | undefined)[];
  /** Addresses at which this view is known to be answered. */
  readonly ownAddresses: readonly string[];
  /** An error that no code foresaw. */
  bugCaught(): void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface View {
  /** "" for the view of everybody whom no other one is for. */
  readonly name: string;
  /** What decides which objects it shows, as text: equal filters let in the same ones. */
  readonly filters: string;
  readonly answers: Answers;
  readonly cluster: ClusterClaims;
  readonly staticSets: readonly RecordSet[];
  /** What the objects of the folder changed; resolves when it is served. */
  takeManifests(change: InventoryChange): Promise<void>;
  problems(): readonly SourceProblem[];
  facts(): Omit<ReadingFacts, "unreadableFiles" | keyof KindsFacts>;
}

export function createView(options: ViewOptions, staticSets: readonly RecordSet[]): View {
  const { settings, sources, sourceSettings, clusters, clock, log, awaited, publish } = options;
  const bugCaught = (): void => options.bugCaught();
  const nameservers = settings.zones.flatMap((zone) => zone.nameservers.map((nameserver) => nameserver.name));
  const catalogOptions: CatalogOptions & { readonly sources: readonly Source[] } = {
    sourceOptions: {
      ...defaultSourceOptions(settings.zones, [...nameservers, ...options.protectedNames]),
      annotationPrefixes: sourceSettings.annotationPrefixes,
      classTargets: sourceSettings.classTargets,
      publicClasses: new Set(sourceSettings.publicClasses),
      namespaceSuffixes: sourceSettings.namespaceDomains,
      allowWildcards: sourceSettings.allowWildcards,
      kinds: sourceSettings.kindOptions,
    },
    sources,
    nowMs: () => clock.monotonicMs(),
    onBug: (error, object) => {
      bugCaught();
      log.error({ err: error, object }, "source failed at an object");
    },
  };
  // Whoever takes an address out of a file means it; holds are for a controller that restarts.
  const manifests: Catalog = createCatalog({ ...catalogOptions, statusHoldMs: 0 });
  const { statusHoldMs, withdrawalHoldMs } = sourceSettings;
  const cluster = createClusterClaims(clusters, { ...catalogOptions, statusHoldMs, withdrawalHoldMs });
  const answers = createAnswers({ view: settings.name, zones: zoneOptions(options), awaited, clock, log, publish });
  return {
    name: settings.name,
    filters: filtersText(settings, sourceSettings, options.protectedNames),
    answers,
    cluster,
    staticSets,
    takeManifests: (change) => {
      manifests.apply(change);
      return answers.contribute("manifests", manifests, manifests.takeTouched());
    },
    problems: () => [...manifests.problems(), ...cluster.problems()],
    facts: () => ({
      ...answers.facts(),
      zones: settings.zones.map(({ apex }) => apex),
      protectedNames: catalogOptions.sourceOptions.protectedNames,
      problemsAbout: (name) => [...manifests.problemsAbout(name), ...cluster.problemsAbout(name)],
    }),
  };
}

function filtersText(
  { zones }: ViewSettings,
  { kindOptions, namespaceDomains, allowWildcards }: Settings["sources"],
  protectedNames: readonly DomainName[],
): string {
  const ofZones = zones.map(({ apex, ingressClasses, watchesDefaultClass, gateways }) => ({
    apex,
    ingressClasses,
    watchesDefaultClass,
    gateways,
  }));
  const { labelSelectors } = kindOptions.service;
  return JSON.stringify([ofZones, labelSelectors, [...namespaceDomains], allowWildcards, protectedNames]);
}

function zoneOptions({ settings, ownAddresses, protectedNames }: ViewOptions): readonly ZoneOptions[] {
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
      protectedLabels: [...PROTECTED_LABELS, ...labelsBelow(apex, protectedNames)],
    });
  });
}

/** First labels of the names that stand directly below. */
function labelsBelow(apex: DomainName, names: readonly DomainName[]): readonly string[] {
  return names.filter((name) => parentOf(name) === apex).map((name) => name.slice(0, -apex.length - 1));
}
