// Records written in the settings: the strongest claim to a name.

import { type DomainName, joinName, parseName } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import type { RecordSet, RecordType } from "#src/domain/record.ts";
import { isReverseName } from "#src/domain/reverse-name.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import type { ConfigProblem } from "#src/errors.ts";
import { zoneOf } from "./hostnames.ts";
import type { SourceZone } from "./source.ts";

/** One entry of the settings, its fields already typed. */
export interface StaticRecord {
  /** Where it stands, for messages and origin: `records[3]`. */
  readonly path: string;
  /** Absolute, or without a dot: then it exists in every zone. */
  readonly name: string;
  readonly type: RecordType;
  /** Seconds; absent takes the zone's default. */
  readonly ttlSeconds?: number;
  readonly targets: readonly string[];
}

/** Every problem at once, so that the caller can raise one ConfigError. Order of the record sets follows the settings. */
export function staticRecordSets(
  records: readonly StaticRecord[],
  zones: readonly SourceZone[],
): { readonly recordSets: readonly RecordSet[]; readonly problems: readonly ConfigProblem[] } {
  const recordSets: RecordSet[] = [];
  const problems: ConfigProblem[] = [];
  for (const record of records) {
    const sets = toRecordSets(record, zones);
    if (sets.ok) recordSets.push(...sets.value);
    else problems.push({ path: record.path, problem: sets.problem, hint: "Mend the record or take it out." });
  }
  return { recordSets, problems };
}

function toRecordSets(record: StaticRecord, zones: readonly SourceZone[]): Parsed<readonly RecordSet[]> {
  const names = absoluteNames(record.name, zones);
  if (!names.ok) return names;
  const targets = canonicalTargets(record);
  if (!targets.ok) return targets;
  if (record.type === "CNAME") {
    const refusal = refuseAlias(names.value, targets.value, zones);
    if (refusal !== undefined) return unparsable(refusal);
  }
  return parsed(
    names.value.map((name) => ({
      name,
      type: record.type,
      ttlSeconds: record.ttlSeconds,
      targets: targets.value,
      origin: { kind: "static", name: record.path },
    })),
  );
}

function absoluteNames(text: string, zones: readonly SourceZone[]): Parsed<readonly DomainName[]> {
  const name = parseName(text);
  if (!name.ok) return name;
  if (!name.value.includes(".") && !text.trim().endsWith(".")) return joinAll(name.value, zones);
  if (zoneOf(name.value, zones) !== undefined) return parsed([name.value]);
  return unparsable(`${name.value} lies in none of our zones (${zones.map((zone) => zone.apex).join(", ")})`);
}

function joinAll(relative: string, zones: readonly SourceZone[]): Parsed<readonly DomainName[]> {
  const names: DomainName[] = [];
  for (const zone of zones.filter(({ apex }) => !isReverseName(apex))) {
    const name = joinName(relative, zone.apex);
    if (!name.ok) return name;
    names.push(name.value);
  }
  return names.length === 0 ? unparsable(`${relative} is short, and there is no zone it could lie in`) : parsed(names);
}

function canonicalTargets(record: StaticRecord): Parsed<readonly string[]> {
  if (record.targets.length === 0) return unparsable(`${record.name} ${record.type} has no target`);
  const targets = new Set<string>();
  for (const text of record.targets) {
    const target = canonicalTarget(record.type, text);
    if (!target.ok) return target;
    targets.add(target.value);
  }
  return parsed([...targets]);
}

/** RFC 1034 §3.6.2: an alias has one target and stands alone, so never at an apex. */
function refuseAlias(
  names: readonly DomainName[],
  targets: readonly string[],
  zones: readonly SourceZone[],
): string | undefined {
  if (targets.length > 1) return "a CNAME has exactly one target";
  const apex = names.find((name) => zones.some((zone) => zone.apex === name));
  if (apex !== undefined) return `${apex} is a zone's apex, which cannot be a CNAME`;
  const self = names.find((name) => targets.includes(name));
  return self === undefined ? undefined : `${self} would be an alias of itself`;
}
