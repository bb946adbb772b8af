// What follows from several settings together: zones made whole, units, and the checks that no single value can fail.

import { join } from "node:path";
import { createDomainFilter, type DomainFilter } from "#src/domain/domain-filter.ts";
import { type DomainName, isAtOrBelow, joinName, parseName } from "#src/domain/name.ts";
import { isReverseName, reverseApexes } from "#src/domain/reverse-name.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { DEFAULT_VIEW } from "#src/domain/view-name.ts";
import { readKubernetes } from "./kubernetes.ts";
import type { Environment } from "./layers.ts";
import { listenerProblems } from "./listener-conflicts.ts";
import { MODE_TABLE, type ModeChoice } from "./mode.ts";
import { readOtherWebhooks } from "./other-webhooks.ts";
import type { CrossProblem } from "./problems.ts";
import type { SetBy } from "./provider-choice.ts";
import type { WrittenSettings } from "./schema.ts";
import type { KindOptions, Settings, StaticRecordSettings, ZoneSettings } from "./settings.ts";
import { readUnifi, type UnifiRead } from "./unifi.ts";
import { readViews } from "./views.ts";
import { readWebhookAccess } from "./webhook-access.ts";

const MS_PER_SECOND = 1_000;

export interface ResolveContext {
  readonly mode: ModeChoice;
  readonly configFile: string | undefined;
  readonly setBy: SetBy;
  /** Text of a file; throws the system's error. */
  readonly readFile: (path: string) => string;
  readonly env: Environment;
  /** The file that a secret was read from, when that is a file of its own. */
  readonly secretFile: (path: readonly string[]) => string | undefined;
}

export interface Resolved {
  readonly settings: Settings;
  readonly problems: readonly CrossProblem[];
}

/** Never throws: `settings` is whole even where `problems` says that it must not be used. */
export function resolveSettings(written: WrittenSettings, context: ResolveContext): Resolved {
  const filter = readFilter(written.domainFilter);
  const zones = allZones(written);
  const views = readViews(written, (zone) => completeZone(zone, written));
  const records = readRecords(written.records, context);
  const access = readWebhookAccess(written.webhook, context.setBy);
  const unifi = readConsole(written, context);
  const cluster = readKubernetes(written, context);
  const settings: Settings = {
    configFile: context.configFile,
    mode: context.mode,
    provider: written.provider,
    log: { level: written.log.level, format: written.log.format },
    webhook: access.webhook,
    ops: { addresses: written.ops.host, port: written.ops.port },
    dns: {
      addresses: written.dns.listen,
      port: written.dns.port,
      allow: written.dns.allow,
      subnets: written.dns.subnets,
      nsid: written.dns.nsid,
    },
    zones,
    views: [{ name: DEFAULT_VIEW, listener: undefined, clients: [], zones }, ...views.settings],
    records: records.settings,
    sources: {
      manifests: written.sources.manifests,
      kinds: written.sources.kinds,
      annotationPrefixes: written.sources.annotationPrefixes,
      statusHoldMs: Math.round(written.sources.statusHoldSeconds * MS_PER_SECOND),
      withdrawalHoldMs: Math.round(written.sources.withdrawalHoldSeconds * MS_PER_SECOND),
      classTargets: written.sources.classTargets,
      publicClasses: written.sources.publicClasses,
      namespaceDomains: written.sources.namespaceDomains,
      allowWildcards: written.sources.allowWildcards,
      cilium: written.sources.cilium,
      kindOptions: kindOptionsOf(written.sources),
    },
    kubernetes: cluster.kubernetes,
    domainFilter: filter.value,
    unifi: unifi.unifi,
    data: written.data,
    sync: {
      applyBudgetMs: Math.round(written.sync.applyBudgetSeconds * MS_PER_SECOND),
      unownedChanges: written.sync.unownedChanges,
      dryRun: written.sync.dryRun,
      policy: written.sync.policy,
      domainPolicies: written.sync.domainPolicies,
      protectedNames: written.sync.protectedNames,
      breaker: written.sync.breaker,
    },
    admin: { socket: written.admin.socket ?? join(written.data.dir, "admin.sock") },
    shutdown: { lameDuckMs: Math.round(written.shutdown.lameDuckSeconds * MS_PER_SECOND) },
    warnings: [...warningsOf(written, context, access.webhook.isExposed), ...unifi.warnings, ...cluster.warnings],
  };
  const problems = [
    ...filter.problems,
    ...records.problems,
    ...zoneProblems(settings),
    ...views.problems,
    ...listenerProblems(settings),
    ...(context.mode.parts.has("webhook") ? access.problems : []),
    ...unifi.problems,
    ...cluster.problems,
  ];
  return { settings, problems };
}

function readConsole(written: WrittenSettings, context: ResolveContext): UnifiRead {
  if (written.provider !== "unifi" || !context.mode.parts.has("webhook")) {
    return { unifi: undefined, problems: [], warnings: [] };
  }
  const others = readOtherWebhooks(context.env);
  const { unifi, problems, warnings } = readUnifi(written.unifi, context);
  const refused = others.problems.map((problem) => ({ concerns: ["unifi"], problem }));
  return { unifi, problems: [...problems, ...refused], warnings: [...warnings, ...others.warnings] };
}

function kindOptionsOf({ service, ingress, node, traefik, multus }: WrittenSettings["sources"]): KindOptions {
  return { service, ingress, node, traefik, multus };
}

type WrittenZone = WrittenSettings["zones"][number];

function completeZone(zone: WrittenZone, { dns, sources }: WrittenSettings): ZoneSettings {
  const nameservers = zone.nameservers ?? [];
  return {
    apex: zone.apex,
    defaultTtlSeconds: zone.defaultTtlSeconds ?? dns.ttlSeconds,
    negativeTtlSeconds: zone.negativeTtlSeconds ?? dns.negativeTtlSeconds,
    nameservers: nameservers.length > 0 ? nameservers : [{ name: below("ns1", zone.apex), addresses: [] }],
    hostmaster: zone.hostmaster ?? below("hostmaster", zone.apex),
    ...(zone.ingressClasses ?? sources.ingressClasses),
    gateways: {
      gateways: zone.gateways ?? sources.gateways,
      classes: zone.gatewayClasses ?? sources.gatewayClasses,
    },
  };
}

/** The zones that are written down, and the reverse zones of the ranges. */
function allZones(written: WrittenSettings): readonly ZoneSettings[] {
  const zones = written.zones.map((zone) => completeZone(zone, written));
  const known = new Set(zones.map(({ apex }) => apex));
  // Where there is a zone of names its server and its keeper are the reverse zones' too.
  const model = zones.find(({ apex }) => !isReverseName(apex));
  const shared = model === undefined ? {} : { nameservers: model.nameservers, hostmaster: model.hostmaster };
  const apexes = written.reverse.ranges.flatMap(({ address, prefixLength }) => reverseApexes(address, prefixLength));
  const added = [...new Set(apexes)].filter((apex) => !known.has(apex));
  return [...zones, ...added.map((apex) => ({ ...completeZone({ apex }, written), ...shared }))];
}

/** An apex so long that nothing fits below it stands for the name itself. */
function below(label: string, apex: DomainName): DomainName {
  const name = joinName(label, apex);
  return name.ok ? name.value : apex;
}

function readFilter(written: WrittenSettings["domainFilter"]): {
  readonly value: DomainFilter;
  readonly problems: readonly CrossProblem[];
} {
  const options = { ...written, regexInclude: written.regexInclude ?? "", regexExclude: written.regexExclude ?? "" };
  const filter = createDomainFilter(options);
  if (filter.ok) return { value: filter.value, problems: [] };
  const problem = {
    path: "domainFilter",
    problem: filter.problem,
    hint: "Use the lists, or the regular expressions in the syntax that Go and JavaScript share.",
  };
  return {
    value: { options, matches: () => false },
    problems: [{ concerns: ["domainFilter"], problem }],
  };
}

function readRecords(
  written: WrittenSettings["records"],
  { setBy }: ResolveContext,
): { readonly settings: readonly StaticRecordSettings[]; readonly problems: readonly CrossProblem[] } {
  const problems: CrossProblem[] = [];
  const settings = written.map((record, index): StaticRecordSettings => {
    const path = `records[${index}]`;
    const refuse = (key: string, problem: string, hint: string): void => {
      const place = setBy(`records.${index}.${key}`);
      const where = place === undefined ? `${path}.${key}` : `${path}.${key} (${place})`;
      problems.push({ concerns: ["records"], problem: { path: where, problem, hint } });
    };
    const name = parseName(record.name);
    if (!name.ok) refuse("name", name.problem, "Write a name such as nas.home.example.com.");
    const targets = record.targets.flatMap((text) => {
      const target = canonicalTarget(record.type, text);
      if (target.ok) return [target.value];
      refuse("targets", target.problem, `Write each value as a zone file has it for ${record.type}.`);
      return [];
    });
    const { ttlSeconds } = record;
    return {
      path,
      name: record.name,
      type: record.type,
      targets,
      ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    };
  });
  return { settings, problems };
}

function zoneProblems({ zones, mode }: Settings): readonly CrossProblem[] {
  const needsZones = MODE_TABLE[mode.mode].needs.includes("zones");
  if (needsZones && zones.length === 0) {
    const problem = {
      path: "zones",
      problem: `is missing, and mode ${mode.mode} was chosen because ${mode.reason}`,
      hint: "Name the domains to answer for, such as ZONES=home.example.com.",
    };
    return [{ concerns: ["zones", "mode"], problem }];
  }
  const apexes = zones.map(({ apex }) => apex);
  const repeated = new Set(apexes.filter((apex, index) => apexes.indexOf(apex) !== index));
  return [...repeated].map((apex) => ({
    concerns: ["zones"],
    problem: { path: "zones", problem: `${apex} is there twice`, hint: "Keep one of them." },
  }));
}

function warningsOf(
  written: WrittenSettings,
  { mode, setBy }: ResolveContext,
  isWebhookExposed: boolean,
): readonly string[] {
  const warnings: string[] = [];
  if (mode.parts.has("webhook") && isWebhookExposed) {
    warnings.push(
      "webhook.host: other machines reach the webhook; whoever knows its password changes records, and plain HTTP shows the password to the network between",
    );
  }
  const { include, exclude, regexInclude, regexExclude } = written.domainFilter;
  const isFiltered = include.length + exclude.length > 0 || (regexInclude ?? regexExclude) !== undefined;
  if (mode.parts.has("webhook") && mode.mode !== "embedded" && !isFiltered) {
    warnings.push("domainFilter: nothing is set, so external-dns may write names of every domain");
  }
  if (mode.mode === "webhook" && written.provider === "local") {
    warnings.push("mode: webhook with provider local keeps records that nobody answers, because DNS does not run");
  }
  const unanswered = ["zones", "records", "sources.manifests"].filter((path) => setBy(path) !== undefined);
  if (!mode.parts.has("dns") && unanswered.length > 0) {
    warnings.push(
      `${unanswered.join(", ")}: set, but mode ${mode.mode} answers no DNS; mode standalone answers them and takes changes too`,
    );
  }
  if (mode.parts.has("dns") && written.dns.allow.some(({ prefixLength }) => prefixLength === 0)) {
    warnings.push("dns.allow: everybody may ask, so forged queries can turn this server against others");
  }
  return [...warnings, ...claimWarnings(written), ...consoleWarnings(written, mode)];
}

/** A slip of the pen there takes every name from a namespace. */
function claimWarnings({ sources, zones, views }: WrittenSettings): readonly string[] {
  const apexes = [...zones, ...views.flatMap((view) => view.zones)].map(({ apex }) => apex);
  return [...sources.namespaceDomains].flatMap(([namespace, domains]) =>
    domains
      .filter((domain) => !apexes.some((apex) => isAtOrBelow(domain, apex) || isAtOrBelow(apex, domain)))
      .map((domain) => `sources.namespaceDomains: ${domain} of ${namespace} lies in none of our zones`),
  );
}

function consoleWarnings({ provider, unifi }: WrittenSettings, mode: ModeChoice): readonly string[] {
  if (provider !== "unifi") {
    return unifi.host === undefined
      ? []
      : [`unifi: set, but provider ${provider} keeps the records, so it is not used`];
  }
  if (!mode.parts.has("webhook") || !unifi.tls.skipVerify) return [];
  return [
    "unifi.tls.skipVerify: the console's certificate is not looked at, so anybody in the network can pose as it and take the key or password; zonegate pin HOST prints the line that ends this",
  ];
}
