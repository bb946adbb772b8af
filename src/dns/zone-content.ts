// What a zone holds, as plain data that can be posted to a worker or written to a checkpoint, and the settings it is made from.

import { type DomainName, joinName } from "#src/domain/name.ts";
import { compareOctets, type RrSet } from "./wire/rrset.ts";
import type { SoaFields } from "./wire/soa.ts";

export interface Nameserver {
  readonly name: DomainName;
  /** IPv4 and IPv6 addresses; used when the name lies in the zone and no record set gives it an address. */
  readonly addresses: readonly string[];
}

export interface ZoneOptions {
  readonly apex: DomainName;
  /** For record sets without a TTL, for NS and for the SOA itself. */
  readonly defaultTtlSeconds: number;
  readonly negativeTtlSeconds: number;
  /** The first is the SOA's primary. */
  readonly nameservers: readonly Nameserver[];
  /** SOA RNAME: `hostmaster.example.com` for hostmaster@example.com. */
  readonly hostmaster: DomainName;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  /** Labels below the apex that a wildcard does not answer for: only a record of their own does. */
  readonly protectedLabels: readonly string[];
}

export const ZONE_DEFAULTS = {
  /** What k8s_gateway serves: short enough that a moved service is found again within a minute. */
  defaultTtlSeconds: 60,
  /** A name asked for before it exists is found soon after it does. */
  negativeTtlSeconds: 30,
  /** RFC 1912 §2.2: refresh above retry, expire well above both. */
  refreshSeconds: 3600,
  retrySeconds: 600,
  expireSeconds: 604_800,
  /** Labels below the apex. */
  nameserver: "ns1",
  hostmaster: "hostmaster",
} as const;

/** Settings of one zone with every missing one filled from `ZONE_DEFAULTS`. */
export function completeZoneOptions(apex: DomainName, given: Partial<Omit<ZoneOptions, "apex">> = {}): ZoneOptions {
  const { nameserver, hostmaster, ...numbers } = ZONE_DEFAULTS;
  return {
    ...numbers,
    apex,
    protectedLabels: [],
    nameservers: [{ name: below(apex, nameserver), addresses: [] }],
    hostmaster: below(apex, hostmaster),
    ...given,
  };
}

export interface ZoneContent {
  readonly apex: DomainName;
  /** 32 bits (RFC 1982). */
  readonly serial: number;
  readonly soa: SoaFields & { readonly ttlSeconds: number };
  /**
   * Every set but the SOA, ordered by name and type. A set without rdata makes its name exist without data and is the only
   * one at that name.
   */
  readonly recordSets: readonly RrSet[];
}

/** What becomes of one zone, as plain data. */
export interface ZoneChange extends Pick<ZoneContent, "apex" | "serial" | "soa"> {
  /** "all": the zone holds these names and no others; "some": all others stay as they are. */
  readonly extent: "all" | "some";
  /** Each name once, with every set it is to hold; none: it is gone. */
  readonly names: readonly (readonly [DomainName, readonly RrSet[]])[];
}

/** The change that leads to this content, whatever was there before. */
export function wholeZone({ apex, serial, soa, recordSets }: ZoneContent): ZoneChange {
  return { apex, serial, soa, extent: "all", names: [...Map.groupBy(recordSets, (set) => set.name)] };
}

/** True when both answer every query alike, the serial apart: then the older may stay, serial and all. */
export function sameContent(a: ZoneContent, b: ZoneContent): boolean {
  return a.apex === b.apex && sameSoa(a.soa, b.soa) && sameSets(a.recordSets, b.recordSets);
}

/** True when both hold the same sets in the same order. */
export function sameSets(a: readonly RrSet[], b: readonly RrSet[]): boolean {
  return a.length === b.length && a.every((set, index) => sameSet(set, b[index]));
}

/** An apex so long that nothing fits below it stands for the name itself. */
function below(apex: DomainName, label: string): DomainName {
  const name = joinName(label, apex);
  return name.ok ? name.value : apex;
}

function sameSoa(a: ZoneContent["soa"], b: ZoneContent["soa"]): boolean {
  return (
    a.primary === b.primary &&
    a.hostmaster === b.hostmaster &&
    a.refreshSeconds === b.refreshSeconds &&
    a.retrySeconds === b.retrySeconds &&
    a.expireSeconds === b.expireSeconds &&
    a.negativeTtlSeconds === b.negativeTtlSeconds &&
    a.ttlSeconds === b.ttlSeconds
  );
}

function sameSet(a: RrSet, b: RrSet | undefined): boolean {
  return (
    b !== undefined &&
    a.name === b.name &&
    a.type === b.type &&
    a.ttlSeconds === b.ttlSeconds &&
    a.isStale === b.isStale &&
    a.rdata.length === b.rdata.length &&
    a.rdata.every((rdata, index) => {
      const other = b.rdata[index];
      return other !== undefined && compareOctets(rdata, other) === 0;
    })
  );
}
