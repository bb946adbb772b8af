// Which host names a listener and a route have in common, as Gateway API defines it: `*.x` fits every name below x and not x
// itself; who names no host takes the other's.

import { type DomainName, isWildcard, joinName } from "#src/domain/name.ts";
import { parseHostname } from "#src/sources/hostnames.ts";
import type { SourceZone } from "#src/sources/source.ts";
import type { Listener } from "./shapes.ts";

/** What a route wants of a listener; `undefined`: whatever host the listener has. */
export type RouteHost = string | undefined;

/**
 * The names they have in common; empty: none. A name of one label exists in every zone, like everywhere else. Text that is
 * no host name comes back as it is, for whoever resolves names to say so.
 */
export function commonHosts(listener: Listener, host: RouteHost, zones: readonly SourceZone[]): readonly string[] {
  const own = listenerHost(listener);
  if (own === "none") return [];
  if (host === undefined) return own === "any" ? [] : expand(own, zones);
  const wanted = parseHostname(host);
  // A final dot after one label makes it absolute, and no zone has it.
  if (wanted === undefined || (!wanted.includes(".") && host.endsWith("."))) return [host];
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

/** Protocols that cannot tell hosts apart; a hostname on their listeners means nothing. */
const HOSTLESS_PROTOCOLS: ReadonlySet<string> = new Set(["TCP", "UDP"]);

/** "none": a hostname that no name can have. */
function listenerHost({ hostname, protocol }: Listener): DomainName | "any" | "none" {
  if (hostname === null || hostname === undefined || hostname === "") return "any";
  if (HOSTLESS_PROTOCOLS.has(protocol?.toUpperCase() ?? "")) return "any";
  return parseHostname(hostname) ?? "none";
}

/** A name that is too long in one of the zones comes back short: whoever resolves names refuses it. */
function expand(name: DomainName, zones: readonly SourceZone[]): readonly DomainName[] {
  if (name.includes(".")) return [name];
  const names = zones.map(({ apex }) => joinName(name, apex)).flatMap((each) => (each.ok ? [each.value] : []));
  return names.length === zones.length ? names : [name];
}
