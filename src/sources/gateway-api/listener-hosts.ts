// Which host names a listener and a route have in common, as Gateway API defines it: `*.x` fits every name below x and not x
// itself; who names no host takes the other's.

import { type DomainName, isWildcard, joinName } from "#src/domain/name.ts";
import { parseHostname } from "#src/sources/hostnames.ts";
import type { SourceZone } from "#src/sources/source.ts";
import type { Listener } from "./listener.ts";

/** What a route wants of a listener; `undefined`: whatever host the listener has. */
export type RouteHost = string | undefined;

/**
 * The names that a host of a route has in common with any of the listeners; empty: none. A name of one label exists in every
 * zone, like everywhere else. Text that is no host name comes back as it is, for whoever resolves names to say so.
 */
export function commonHosts(
  listeners: readonly Pick<Listener, "host">[],
  host: RouteHost,
  zones: readonly SourceZone[],
): readonly string[] {
  const owns = listeners.flatMap((listener) => (listener.host === "none" ? [] : [listener.host]));
  if (host === undefined) return owns.flatMap((own) => (own === "any" ? [] : expand(own, zones)));
  if (owns.length === 0) return [];
  const wanted = parseHostname(host);
  // A final dot after one label makes it absolute, and no zone has it.
  if (wanted === undefined || (!wanted.includes(".") && host.endsWith("."))) return [host];
  return owns.flatMap((own) => commonNames(own, wanted, zones));
}

function commonNames(own: DomainName | "any", wanted: DomainName, zones: readonly SourceZone[]): readonly DomainName[] {
  if (own === "any") return expand(wanted, zones);
  const literal = intersect(own, wanted);
  if (literal !== undefined) return expand(literal, zones);
  return wanted.includes(".") ? [] : expand(wanted, zones).flatMap((name) => intersect(own, name) ?? []);
}

/** The more exact of two names of which one covers the other. */
function intersect(a: DomainName, b: DomainName): DomainName | undefined {
  if (a === b) return a;
  if (covers(a, b)) return b;
  return covers(b, a) ? a : undefined;
}

function covers(wildcard: DomainName, name: DomainName): boolean {
  return isWildcard(wildcard) && name.endsWith(wildcard.slice(1));
}

/** A name that is too long in one of the zones comes back short: whoever resolves names refuses it. */
function expand(name: DomainName, zones: readonly SourceZone[]): readonly DomainName[] {
  if (name.includes(".")) return [name];
  const names = zones.map(({ apex }) => joinName(name, apex)).flatMap((each) => (each.ok ? [each.value] : []));
  return names.length === zones.length ? names : [name];
}
