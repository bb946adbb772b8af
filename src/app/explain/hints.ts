// What somebody should know or do next about a name: one sentence each, from what an explanation has found.

import { findZone } from "#src/dns/snapshot.ts";
import { type DomainName, isAtOrBelow, parentOf, parseName } from "#src/domain/name.ts";
import { closest } from "#src/lib/closest.ts";
import type { Explanation } from "#src/ops/explanation.ts";
import type { ExplainFacts, ReadingFacts } from "./facts.ts";
import { type KindQuestion, kindHints } from "./kind-hints.ts";

type Found = Omit<Explanation, "hints">;
type Hint = Explanation["hints"][number];

/** Names looked at for one that may have been meant: a look must stay a matter of milliseconds. */
const MAX_COMPARED_NAMES = 5_000;

/** In the order a person would ask: zone, readiness, existence, alias, what is stored. */
export function hintsFor(
  name: DomainName,
  found: Found,
  facts: ExplainFacts & { readonly wildcard: DomainName | undefined },
): readonly Hint[] {
  const { reading, wildcard } = facts;
  if (reading === undefined) {
    return [
      hint("dns.off", "This process answers no DNS in its mode; what is stored is all it knows."),
      ...storedHints(found),
    ];
  }
  return [
    ...zoneHints(name, reading),
    ...readinessHints(found, reading),
    ...(wildcard === undefined ? [] : [hint("wildcard", `${name} does not exist itself; ${wildcard} answers for it.`)]),
    ...existenceHints(name, found, { reading, wildcard }),
    ...kindHints(kindQuestion(name, found, { reading, wildcard }), reading),
    ...aliasHints(found, reading),
    ...storedHints(found),
  ];
}

function hint(code: string, text: string): Hint {
  return { code, text };
}

function zoneHints(name: DomainName, { zones }: ReadingFacts): readonly Hint[] {
  if (zones.some((apex) => isAtOrBelow(name, apex))) return [];
  const known = zones.length === 0 ? "there is none" : zones.join(", ");
  return [hint("zone.none", `${name} lies in none of our zones (${known}): questions for it are refused.`)];
}

function readinessHints(found: Found, { ready, waitingFor, unreadableFiles }: ReadingFacts): readonly Hint[] {
  const hints: Hint[] = [];
  if (!ready) {
    const text = `Not read yet: ${waitingFor.join(", ")}. Until then SERVFAIL stands for "does not exist".`;
    hints.push(hint("sources.waiting", text));
  }
  if (unreadableFiles.length > 0 && !isAnswered(found)) {
    hints.push(hint("manifests.unreadable", `Manifests that cannot be read: ${unreadableFiles.join(", ")}.`));
  }
  return hints;
}

function existenceHints(
  name: DomainName,
  found: Found,
  { reading, wildcard }: { readonly reading: ReadingFacts; readonly wildcard: DomainName | undefined },
): readonly Hint[] {
  if (found.claims.length > 0 || wildcard !== undefined || isAnswered(found)) return [];
  const nodes = findZone(reading.snapshot, name)?.nodes;
  if (reading.protectedNames.has(name)) {
    const text = `${name} is protected: neither an object nor a wildcard answers it, only a record that is written for it.`;
    return [hint("name.protected", text)];
  }
  if (nodes?.has(name) === true) return [hint("name.empty", `${name} exists only because names below it do.`)];
  const isStored = (found.stored?.records.length ?? 0) > 0;
  if (isStored || found.leftOut.length > 0) return [];
  const near = similarName(name, nodes?.keys() ?? []);
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  return [hint("name.unclaimed", `No object, setting or stored record names ${name}.${meant}`)];
}

function kindQuestion(
  name: DomainName,
  found: Found,
  { reading, wildcard }: { readonly reading: ReadingFacts; readonly wildcard: DomainName | undefined },
): KindQuestion {
  const origins = [name, ...(wildcard === undefined ? [] : [wildcard])].flatMap((at) => reading.claimsAt(at));
  const isStored = (found.stored?.records.length ?? 0) > 0;
  const isProtected = reading.protectedNames.has(name);
  return {
    isAnswered: isAnswered(found),
    isUnclaimed: !isAnswered(found) && origins.length + found.leftOut.length === 0 && !isStored && !isProtected,
    claimants: origins.map(({ origin, isStale }) => ({
      kind: origin.kind,
      ...(origin.cluster === undefined ? {} : { cluster: origin.cluster }),
      isStale: isStale === true,
    })),
  };
}

/** A sibling whose first label is a slip of the pen away. */
function similarName(name: DomainName, names: Iterable<DomainName>): string | undefined {
  const parent = parentOf(name);
  const labels: string[] = [];
  for (const other of names) {
    if (parentOf(other) === parent) labels.push(firstLabel(other));
    if (labels.length === MAX_COMPARED_NAMES) break;
  }
  const label = closest(firstLabel(name), labels);
  return label === undefined ? undefined : `${label}.${parent}`;
}

function firstLabel(name: DomainName): string {
  const [label = ""] = name.split(".", 1);
  return label;
}

/** Where an alias leads that our own answer does not follow to an address. */
function aliasHints(found: Found, { snapshot }: ReadingFacts): readonly Hint[] {
  const [first] = found.answers;
  const alias = first?.records.findLast((record) => record.type === "CNAME");
  if (first === undefined || alias === undefined || first.records.at(-1) !== alias) return [];
  const target = parseName(alias.value);
  if (!target.ok) return [];
  if (findZone(snapshot, target.value) === undefined) {
    return [
      hint(
        "alias.outside",
        `The alias leads to ${alias.value} outside our zones: whoever asks resolves that elsewhere.`,
      ),
    ];
  }
  return [hint("alias.empty", `The alias leads to ${alias.value}, which has no ${first.type}: explain that name.`)];
}

function storedHints({ stored }: Found): readonly Hint[] {
  if (stored === undefined) return [];
  const { records, ownership } = stored;
  const hints: Hint[] = [];
  if (records.some((record) => !record.enabled)) {
    hints.push(hint("stored.disabled", "A stored record is switched off at the backend; nobody here switches it on."));
  }
  if (records.some(({ type }) => type === "CNAME") && records.some(({ type }) => type !== "CNAME")) {
    hints.push(hint("stored.beside-alias", "Beside a stored CNAME nothing else is answered (RFC 1034 section 3.6.2)."));
  }
  if (records.length === 0 && ownership.length > 0) {
    hints.push(
      hint("ownership.orphan", "A registry text says that somebody owns the name, but no record is stored at it."),
    );
  }
  if (records.length > 0 && ownership.length === 0) {
    hints.push(
      hint(
        "ownership.none",
        "No registry text for what is stored: with the TXT registry external-dns takes it for somebody else's.",
      ),
    );
  }
  return hints;
}

function isAnswered({ answers }: Found): boolean {
  return answers.some(({ result }) => result === "data");
}
