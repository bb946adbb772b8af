// Which sets of records would keep the console's dnsmasq from starting, and with it DNS and DHCP of the whole network: two
// aliases of one name did (home-operations/external-dns-unifi-webhook #104). Compared with `dnsmasq --test` on generated
// states; foreign records count like ours. Pure.

import { isRecordType } from "#src/domain/record.ts";
import type { StateProblem, StateRecord } from "#src/providers/provider.ts";

/** RFC 1035 §2.3.4; dnsmasq ends over a longer label wherever it stands. */
const MAX_LABEL_OCTETS = 63;
const MAX_UINT16 = 65_535;

export const TWO_ALIASES = "two aliases of one name";
export const ALIAS_LOOP = "its alias leads back to itself";

/** Characters a name may have in a configuration line without changing its meaning: no comma, slash, quote, # or blank. */
const SAFE_NAME = /^[A-Za-z0-9_*.-]+$/;

/** The first record that is to blame; what would stop dnsmasq for certain comes before what merely might. */
export function refuseState(records: readonly StateRecord[]): StateProblem | undefined {
  const served = records.filter((record) => record.enabled);
  return refuseAliases(served) ?? firstProblem(served, refuseFields) ?? firstProblem(served, refuseCharacters);
}

/** Why this record alone would, whatever stands beside it. */
export function refuseRecord(record: StateRecord): string | undefined {
  return refuseFields(record) ?? refuseCharacters(record);
}

function refuseAliases(records: readonly StateRecord[]): StateProblem | undefined {
  const targets = new Map<string, string>();
  for (const record of records) {
    if (record.type !== "CNAME") continue;
    const alias = record.name.toLowerCase();
    if (targets.has(alias)) return problemOf(record, TWO_ALIASES);
    targets.set(alias, record.target.toLowerCase());
  }
  const harmless = new Set<string>();
  for (const record of records) {
    if (record.type === "CNAME" && isInLoop(record.name.toLowerCase(), targets, harmless)) {
      return problemOf(record, ALIAS_LOOP);
    }
  }
  return undefined;
}

/** Follows the aliases from one name; what ends somewhere is remembered, so that all names together cost one walk. */
function isInLoop(start: string, targets: ReadonlyMap<string, string>, harmless: Set<string>): boolean {
  const walked = new Set<string>();
  for (let name: string | undefined = start; name !== undefined && !harmless.has(name); name = targets.get(name)) {
    if (walked.has(name)) return true;
    walked.add(name);
  }
  for (const name of walked) harmless.add(name);
  return false;
}

type Check = (record: StateRecord) => string | undefined;

function firstProblem(records: readonly StateRecord[], check: Check): StateProblem | undefined {
  for (const record of records) {
    const reason = check(record);
    if (reason !== undefined) return problemOf(record, reason);
  }
  return undefined;
}

function refuseFields(record: StateRecord): string | undefined {
  if (!isRendered(record.type)) return undefined;
  if (hasLongLabel(record.name)) return `its name has a label of more than ${MAX_LABEL_OCTETS} characters`;
  const host = hostOf(record);
  if (host === undefined) return undefined;
  if (host === "") return "it has no target";
  if (hasLongLabel(host)) return `its target has a label of more than ${MAX_LABEL_OCTETS} characters`;
  const numbers = record.target.split(" ").slice(0, -1);
  return numbers.every(isUint16) ? undefined : `its numbers are not all from 0 to ${MAX_UINT16}`;
}

function refuseCharacters(record: StateRecord): string | undefined {
  if (!isRendered(record.type)) return undefined;
  const host = hostOf(record) ?? "";
  return SAFE_NAME.test(record.name) && (host === "" || SAFE_NAME.test(host))
    ? undefined
    : "a character in it could change the meaning of the console's configuration";
}

/** What reaches dnsmasq's configuration; of a type we do not know nobody can say. */
function isRendered(type: string): boolean {
  return isRecordType(type) || type === "FORWARD_DOMAIN";
}

/** The host name in a target; `undefined` for types without one. */
function hostOf({ type, target }: StateRecord): string | undefined {
  return type === "CNAME" || type === "MX" || type === "SRV" ? target.slice(target.lastIndexOf(" ") + 1) : undefined;
}

function hasLongLabel(name: string): boolean {
  return name.split(".").some((label) => label.length > MAX_LABEL_OCTETS);
}

function isUint16(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= MAX_UINT16;
}

export function problemOf({ name, type }: StateRecord, reason: string): StateProblem {
  return { name, type, reason: `${name} ${type}: ${reason}` };
}
