// The benchmark's zone as record sets and options of our own.

import { completeZoneOptions, type ZoneOptions } from "#src/dns/zone-content.ts";
import { type DomainName, parseName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { APEX, type Host, NAMESERVER_ADDRESS, NEGATIVE_TTL_SECONDS, TTL_SECONDS } from "../workload.ts";

export const SERIAL = 1;

export const ZONE: ZoneOptions = completeZoneOptions(nameOf(APEX), {
  defaultTtlSeconds: TTL_SECONDS,
  negativeTtlSeconds: NEGATIVE_TTL_SECONDS,
  nameservers: [{ name: nameOf(`ns1.${APEX}`), addresses: [NAMESERVER_ADDRESS] }],
});

export function recordSets(hosts: readonly Host[]): readonly RecordSet[] {
  return hosts.map(({ name, address }) => ({
    name: nameOf(name),
    type: "A",
    ttlSeconds: undefined,
    targets: [address],
    origin: { kind: "static", name },
  }));
}

function nameOf(text: string): DomainName {
  const name = parseName(text);
  if (!name.ok) throw new Error(name.problem);
  return name.value;
}
