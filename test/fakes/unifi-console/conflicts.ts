// The rules both APIs share: what a host name is, and which records cannot stand beside each other.
// Facts: unifi.md 1.1.5, 1.1.6.

import { isIPv4, isIPv6 } from "node:net";
import type { Switches } from "./profiles.ts";
import type { FakeRecord, RecordFields, Site } from "./records.ts";
import type { Refusal } from "./replies.ts";

export interface Candidate {
  readonly fields: RecordFields;
  /** The record that an update replaces; it does not stand in its own way. */
  readonly replaces: FakeRecord | undefined;
}

/** Says why a record that is valid alone cannot be stored; the Integration API also guards the networks' own domains. */
export function findConflict(
  site: Site,
  { fields, replaces }: Candidate,
  on: { readonly switches: Switches; readonly api: "v2" | "integration" },
): Refusal | undefined {
  const { maxRecords, conflictRules } = on.switches;
  const others = site.records.filter((record) => record !== replaces);
  if (maxRecords !== undefined && others.length >= maxRecords) return refuse("invalid", "Too many DNS records");
  if (conflictRules === "loose") return undefined;
  const name = fields.name.toLowerCase();
  const namesakes = others.filter((record) => record.name.toLowerCase() === name);
  if (namesakes.some((record) => isSameRecord(record, fields))) {
    return refuse("already-exists", "Static DNS record already exists");
  }
  if (namesakes.some((record) => record.type === "CNAME" || fields.type === "CNAME")) {
    return refuse("cname-overlap", "CNAME alias overlaps with other records");
  }
  if (site.clients.some((client) => client.localDnsRecord.toLowerCase() === name)) {
    return refuse("local-device-overlap", "Static domain name conflicts with client local dns record");
  }
  if (on.api === "integration" && site.networkDomains.some((domain) => isAtOrBelow(name, domain.toLowerCase()))) {
    return refuse("local-domain-overlap", "Domain overlaps with the local domain of a network");
  }
  return undefined;
}

export function isAddress4(text: string): boolean {
  return isIPv4(text);
}

/** A scoped address ("fe80::1%eth0") is an IPv6 address to Node, not to the console. */
export function isAddress6(text: string): boolean {
  return isIPv6(text) && !text.includes("%");
}

/** Host name without a trailing dot; a single label is enough, an underscore is a letter. */
export function isHostName(
  name: string,
  limits: { readonly maxLength: number; readonly labels: Switches["conflictRules"] },
): boolean {
  if (name.length === 0 || name.length > limits.maxLength) return false;
  const label = limits.labels === "loose" ? LOOSE_LABEL : LABEL;
  return name.split(".").every((part) => label.test(part));
}

/** A host name, or one under a leading `*.` for the types that may have it. */
export function isOwnerName(
  name: string,
  type: FakeRecord["type"],
  limits: { readonly maxLength: number; readonly switches: Switches },
): boolean {
  const { switches, maxLength } = limits;
  const isWildcardAllowed = WILDCARD_TYPES.has(type) || (type === "TXT" && switches.wildcardTxt === "accepted");
  const rest = isWildcardAllowed && name.startsWith("*.") ? name.slice(2) : name;
  return name.length <= maxLength && isHostName(rest, { maxLength, labels: switches.conflictRules });
}

const WILDCARD_TYPES: ReadonlySet<FakeRecord["type"]> = new Set(["A", "AAAA"]);
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const LOOSE_LABEL = /^[a-z0-9_-]+$/i;

function isSameRecord(record: FakeRecord, fields: RecordFields): boolean {
  return (
    record.type === fields.type &&
    record.data === fields.data &&
    record.priority === (fields.priority ?? 0) &&
    record.weight === (fields.weight ?? 0) &&
    record.port === (fields.port ?? 0)
  );
}

function isAtOrBelow(name: string, domain: string): boolean {
  return domain !== "" && (name === domain || name.endsWith(`.${domain}`));
}

function refuse(kind: Refusal["kind"], message: string): Refusal {
  return { kind, message };
}
