// The settings as the rest of Zonegate sees them: every default filled in, every value typed, nothing left to check.

import type { ChangePolicy } from "#src/domain/change-policy.ts";
import type { DomainFilter } from "#src/domain/domain-filter.ts";
import type { LabelSelector } from "#src/domain/label-selector.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordType } from "#src/domain/record.ts";
import type { SourceName } from "#src/domain/source-name.ts";
import type { Secret } from "#src/lib/secret.ts";
import type { KubernetesSettings } from "./kubernetes.ts";
import type { ModeChoice } from "./mode.ts";
import type { Subnet } from "./network-kinds.ts";
import type { ProviderName } from "./schema.ts";
import type { WatchedNames } from "./settings/zones.ts";
import type { UnifiSettings } from "./unifi.ts";

export interface Settings {
  /** The file that was read; `undefined` when there was none. */
  readonly configFile: string | undefined;
  readonly mode: ModeChoice;
  readonly provider: ProviderName;
  readonly log: {
    readonly level: "debug" | "info" | "warn" | "error";
    /** `undefined`: text on a terminal, else json. */
    readonly format: "text" | "json" | undefined;
  };
  /** "localhost" is both loopbacks: a machine without IPv6 has only one of them to bind. */
  readonly webhook: Listener & {
    /** Asked of every caller; there whenever other machines reach it. */
    readonly credentials: { readonly username: string; readonly password: Secret } | undefined;
    /** True when other machines reach it. */
    readonly isExposed: boolean;
  };
  readonly ops: Listener;
  readonly dns: Listener & {
    /** May ask besides private ranges, loopback and on-link networks. */
    readonly allow: readonly Subnet[];
    /** Networks that clients live in, beside those of this machine: addresses of a client's own come first. */
    readonly subnets: readonly Subnet[];
    /** What NSID and id.server tell. */
    readonly nsid: string | undefined;
  };
  /** No two have the same apex; empty only where the mode needs none. */
  readonly zones: readonly ZoneSettings[];
  /** The view of everybody comes first, named ""; its zones are `zones`. */
  readonly views: readonly ViewSettings[];
  readonly records: readonly StaticRecordSettings[];
  readonly sources: {
    /** Folder of manifests. */
    readonly manifests: string | undefined;
    /** At least one. */
    readonly kinds: readonly SourceName[];
    /** With the final slash. */
    readonly annotationPrefixes: readonly string[];
    /** How long addresses outlive the status they came from; 0: not at all. */
    readonly statusHoldMs: number;
    /** How long names that vanish with most of the others outlive their objects; 0: not at all. */
    readonly withdrawalHoldMs: number;
    /** Addresses or host names by Ingress class, instead of status. */
    readonly classTargets: ReadonlyMap<string, readonly string[]>;
    /** Ingress classes whose `target` annotation is meant for public DNS. */
    readonly publicClasses: readonly string[];
    /** By namespace, `*` for every other one: domains at and below which its objects may claim names. */
    readonly namespaceDomains: ReadonlyMap<string, readonly DomainName[]>;
    /** Whether objects may claim wildcards. */
    readonly allowWildcards: boolean;
    /** Whether explanations ask for the Leases of Cilium's L2 announcements, and where those are. */
    readonly cilium: { readonly leases: boolean; readonly namespace: string };
    readonly kindOptions: KindOptions;
  };
  /** `undefined`: no cluster is read. */
  readonly kubernetes: KubernetesSettings | undefined;
  readonly domainFilter: DomainFilter;
  /** `undefined` unless the provider is `unifi` and changes are taken. */
  readonly unifi: UnifiSettings | undefined;
  readonly data: {
    /** Folder; may not exist yet. */
    readonly dir: string;
  };
  readonly sync: {
    readonly applyBudgetMs: number;
    readonly unownedChanges: "refuse" | "allow";
    readonly dryRun: boolean;
    readonly policy: ChangePolicy;
    /** The longest domain that a name lies in decides. */
    readonly domainPolicies: readonly { readonly domain: DomainName; readonly policy: ChangePolicy }[];
    /** Of external-dns and of objects alike. */
    readonly protectedNames: readonly DomainName[];
    readonly breaker: "approve" | "timed" | "off";
  };
  readonly admin: {
    /** Path of the unix socket. */
    readonly socket: string;
  };
  readonly shutdown: {
    /** After SIGTERM; SIGINT skips it (docs/decisions.md 24). */
    readonly lameDuckMs: number;
  };
  /** Nothing wrong, but probably not meant: one sentence each, to be logged at the start. */
  readonly warnings: readonly string[];
}

/** What is said about single kinds of objects; `sources/kind-options.ts` tells what each means. */
export interface KindOptions {
  readonly service: { readonly labelSelectors: readonly LabelSelector[]; readonly clusterAddresses: boolean };
  readonly ingress: { readonly tlsHosts: boolean };
  readonly node: { readonly addressType: "InternalIP" | "ExternalIP" };
  readonly traefik: { readonly service: { readonly namespace: string; readonly name: string } };
  readonly multus: { readonly names: "annotated" | "all" };
}

export interface Listener {
  /** IP addresses in canonical text; at least one. */
  readonly addresses: readonly string[];
  /** 0: any free port. */
  readonly port: number;
}

export interface ZoneSettings {
  readonly apex: DomainName;
  readonly defaultTtlSeconds: number;
  readonly negativeTtlSeconds: number;
  /** At least one; the first is the primary. */
  readonly nameservers: readonly { readonly name: DomainName; readonly addresses: readonly string[] }[];
  /** As the SOA has it. */
  readonly hostmaster: DomainName;
  readonly ingressClasses: readonly string[] | "all";
  readonly watchesDefaultClass: boolean;
  /** By name and by class; both have to let a Gateway in. */
  readonly gateways: { readonly gateways: WatchedNames; readonly classes: WatchedNames };
}

export interface ViewSettings {
  /** Unique. */
  readonly name: string;
  /** Where whoever asks sees this view; `undefined`: nowhere, its clients are told by their network. */
  readonly listener: Listener | undefined;
  readonly clients: readonly Subnet[];
  readonly zones: readonly ZoneSettings[];
}

export interface StaticRecordSettings {
  /** Where it stands: `records[3]`. */
  readonly path: string;
  /** Absolute, or one label that exists in every zone. Whether a zone holds it is checked where records are made. */
  readonly name: string;
  readonly type: RecordType;
  /** Canonical text (`domain/target.ts`); at least one. */
  readonly targets: readonly string[];
  /** Absent: the zone's default. */
  readonly ttlSeconds?: number;
}
