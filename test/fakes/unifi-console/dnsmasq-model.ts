// What the console writes into dnsmasq's configuration, and whether dnsmasq would start with it. The verdict follows
// `dnsmasq --test` of 2.90 (reliability.md 0, finding 5; numbers above 65535 are fatal in SRV and MX alike); a test holds
// it to the real program.

import type { FakeRecord } from "./records.ts";

export interface Verdict {
  readonly starts: boolean;
  /** Why not, in plain words. */
  readonly reasons: readonly string[];
}

/** One line for each enabled record, in the order of the store. */
export function renderConfiguration(records: readonly FakeRecord[]): string {
  return records
    .filter(isServed)
    .map((record) => `${renderRecord(record)}\n`)
    .join("");
}

/** Disabled records and those of unknown types are not written out. */
export function isServed({ enabled, oddity }: FakeRecord): boolean {
  return enabled && oddity !== "unknown-type" && oddity !== "missing-fields";
}

export function judgeConfiguration(records: readonly FakeRecord[]): Verdict {
  const served = records.filter(isServed);
  const reasons = [
    ...longLabels(served),
    ...duplicateAliases(served),
    ...aliasLoops(served),
    ...tooLargeNumbers(served),
  ];
  return { starts: reasons.length === 0, reasons };
}

function renderRecord(record: FakeRecord): string {
  const { name, data, priority, weight, port } = record;
  const ttl = record.ttlSeconds > 0 ? `,${record.ttlSeconds}` : "";
  switch (record.type) {
    case "A":
    case "AAAA":
      return name.startsWith("*.") ? `address=/${name}/${data}` : `host-record=${name},${data}${ttl}`;
    case "CNAME":
      return `cname=${name},${data}${ttl}`;
    case "MX":
      return `mx-host=${name},${data},${priority}`;
    case "TXT":
      return `txt-record=${name},${quoteText(data)}`;
    case "SRV":
      return `srv-host=${name},${data},${port},${priority},${weight}`;
    default:
      return `server=/${name}/${data}`;
  }
}

/** Text that came quoted is taken as it is; a configuration line has no other way to hold a comma. */
function quoteText(text: string): string {
  const bare = /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text;
  return `"${bare.replaceAll(/["\\]/g, "\\$&")}"`;
}

const MAX_LABEL_OCTETS = 63;
const MAX_UINT16 = 65_535;

function longLabels(records: readonly FakeRecord[]): readonly string[] {
  return records
    .flatMap((record) => (isNameType(record) ? [record.name, record.data] : [record.name]))
    .filter((name) => name.split(".").some((label) => Buffer.byteLength(label) > MAX_LABEL_OCTETS))
    .map((name) => `label longer than ${MAX_LABEL_OCTETS} octets in ${name}`);
}

function isNameType({ type }: FakeRecord): boolean {
  return type === "CNAME" || type === "MX" || type === "SRV";
}

function duplicateAliases(records: readonly FakeRecord[]): readonly string[] {
  const seen = new Set<string>();
  const reasons: string[] = [];
  for (const { name } of records.filter(({ type }) => type === "CNAME")) {
    const folded = name.toLowerCase();
    if (seen.has(folded)) reasons.push(`duplicate CNAME ${name}`);
    seen.add(folded);
  }
  return reasons;
}

function aliasLoops(records: readonly FakeRecord[]): readonly string[] {
  const aliases = records.filter(({ type }) => type === "CNAME");
  const targets = new Map(aliases.map(({ name, data }) => [name.toLowerCase(), data.toLowerCase()]));
  return aliases
    .filter(({ name }) => loops(name.toLowerCase(), targets))
    .map(({ name }) => `CNAME loop through ${name}`);
}

/** Follows the aliases from a name; it loops when it comes back to that name. */
function loops(name: string, targets: ReadonlyMap<string, string>): boolean {
  let at = targets.get(name);
  for (let steps = 0; at !== undefined && steps < targets.size; steps++) {
    if (at === name) return true;
    at = targets.get(at);
  }
  return false;
}

function tooLargeNumbers(records: readonly FakeRecord[]): readonly string[] {
  return records.flatMap((record) =>
    NUMBERS[record.type]
      .filter((field) => record[field] > MAX_UINT16)
      .map((field) => `${field} ${record[field]} of ${record.name} is above ${MAX_UINT16}`),
  );
}

const NUMBERS: Readonly<Record<FakeRecord["type"], readonly ("port" | "priority" | "weight")[]>> = {
  A: [],
  AAAA: [],
  CNAME: [],
  MX: ["priority"],
  NS: [],
  SRV: ["port", "priority", "weight"],
  TXT: [],
};
