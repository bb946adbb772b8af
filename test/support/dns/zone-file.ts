// Master files (RFC 1035 §5) of compiled zones, for peers that serve the same: as text, so that their parsers judge our rdata, or as
// octets, for zones that were generated.

import { TYPE } from "#src/dns/wire/registry.ts";
import type { RrSet } from "#src/dns/wire/rrset.ts";
import { encodeSoa } from "#src/dns/wire/soa.ts";
import type { ZoneContent } from "#src/dns/zone-content.ts";
import { formatText, parseText } from "#src/domain/text.ts";
import { compileLines, type TestZone } from "./records.ts";

/** Text for NSD and Knot; targets are written out as the test has them, names made absolute. */
export function zoneFile(zone: TestZone): string {
  const { content } = compileLines(zone);
  const { soa, apex, serial } = content;
  const times = [soa.refreshSeconds, soa.retrySeconds, soa.expireSeconds, soa.negativeTtlSeconds];
  const own = [
    `${apex}. ${soa.ttlSeconds} IN SOA ${soa.primary}. ${soa.hostmaster}. ${[serial, ...times].join(" ")}`,
    ...(zone.nameservers ?? []).flatMap(({ name, addresses }) => [
      `${apex}. ${soa.ttlSeconds} IN NS ${name}.`,
      ...addresses.map((address) => `${name}. ${soa.ttlSeconds} IN ${address.includes(":") ? "AAAA" : "A"} ${address}`),
    ]),
  ];
  return `${[...own, ...zone.records.map((line) => recordLine(line, soa.ttlSeconds))].join("\n")}\n`;
}

/** Every set as the compiled zone has it, rdata in the form for unknown types (RFC 3597 §5), which any type may take. */
export function generatedZoneFile({ apex, soa, serial, recordSets }: ZoneContent): string {
  const soaSet: RrSet = { name: apex, type: TYPE.SOA, ttlSeconds: soa.ttlSeconds, rdata: [encodeSoa(soa, serial)] };
  const lines = [soaSet, ...recordSets].flatMap(({ name, type, ttlSeconds, rdata }) =>
    rdata.map((octets) => {
      const hex = Buffer.from(octets).toString("hex");
      return `${name}. ${ttlSeconds} IN TYPE${type} \\# ${octets.length} ${hex}`;
    }),
  );
  return `${lines.join("\n")}\n`;
}

function recordLine(line: string, defaultTtlSeconds: number): string {
  const [, name = "", ttl = defaultTtlSeconds, type = "", target = ""] =
    /^(\S+)\s+(?:(\d+)\s+)?([A-Z]+)\s+(.*)$/s.exec(line) ?? [];
  return `${name}. ${ttl} IN ${type} ${(TARGET[type] ?? ((text: string) => text))(target)}`;
}

const TARGET: Readonly<Record<string, (target: string) => string>> = {
  CNAME: absolute,
  PTR: absolute,
  MX: absolute,
  SRV: absolute,
  TXT: quotedStrings,
  HTTPS: (target) => target.replace(/^(\d+) ([^ .]\S*)/, "$1 $2."),
};

/** The last field is a name. */
function absolute(target: string): string {
  return `${target}.`;
}

/** Character strings of at most 255 octets, each in quotes. */
function quotedStrings(target: string): string {
  const content = parseText(target);
  if (!content.ok) throw new Error(content.problem);
  const count = Math.max(1, Math.ceil(content.value.length / 255));
  const pieces = Array.from({ length: count }, (_, index) => content.value.subarray(index * 255, (index + 1) * 255));
  return pieces.map(formatText).join(" ");
}
