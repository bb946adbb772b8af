// What a provider keeps at one name, and which registry texts may own it. Without the registry's prefix a text cannot be
// paired for sure (docs/decisions.md 5): it is shown where its name says so, and decides nothing.

import type { DomainName } from "#src/domain/name.ts";
import { isHeritageText } from "#src/domain/ownership.ts";
import type { StoredHere } from "#src/ops/explanation.ts";
import type { StoredRecord } from "#src/providers/provider.ts";
import type { StoredFacts } from "./facts.ts";

/** Data records at the name itself, and every text that may own it, wherever the registry put it. */
export function storedAt(name: DomainName, { provider, records, problem }: StoredFacts): StoredHere {
  return {
    provider,
    records: records.filter((record) => record.name === name && !isOwnership(record)).map(shown),
    ownership: records
      .filter((record) => isOwnership(record) && mayOwn(record.name, name, records))
      .map((record) => ({ name: record.name, text: record.target })),
    ...(problem === undefined ? {} : { problem }),
  };
}

function isOwnership({ type, target }: StoredRecord): boolean {
  return type === "TXT" && isHeritageText(target);
}

function shown({ type, target, ttlSeconds, enabled }: StoredRecord): StoredHere["records"][number] {
  return { type, value: target, ttlSeconds, enabled };
}

/**
 * `a-www.example.com` and `k8s.a.www.example.com` end in the name they own; so does every text of a zone in the zone's apex.
 * Hence it belongs to the longest name that is stored, or asked for, and that it ends in.
 */
function mayOwn(textName: DomainName, name: DomainName, records: readonly StoredRecord[]): boolean {
  if (!isMarkedFor(textName, name)) return false;
  return !records.some(
    (record) => !isOwnership(record) && record.name.length > name.length && isMarkedFor(textName, record.name),
  );
}

/** The registry puts its mark before the first label, with a dot or a hyphen. */
function isMarkedFor(textName: DomainName, name: DomainName): boolean {
  return textName === name || textName.endsWith(`.${name}`) || textName.endsWith(`-${name}`);
}
