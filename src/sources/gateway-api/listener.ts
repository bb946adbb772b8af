// A listener of a Gateway or of a ListenerSet as routes see it.

import type { DomainName } from "#src/domain/name.ts";
import { parseHostname } from "#src/sources/hostnames.ts";
import type { WrittenListener } from "./shapes.ts";

export interface Listener {
  readonly name: string;
  readonly port: number | undefined;
  /** Upper case; one of an implementation's own has a slash. */
  readonly protocol: string;
  /** "any": it takes every host. "none": it is given a hostname that no name can have. */
  readonly host: DomainName | "any" | "none";
}

/** Protocols that cannot tell hosts apart; a hostname on their listeners means nothing. */
const HOSTLESS_PROTOCOLS: ReadonlySet<string> = new Set(["TCP", "UDP"]);

export function readListeners(written: readonly WrittenListener[] | null | undefined): readonly Listener[] {
  return (written ?? []).map(({ name, port, protocol, hostname }) => {
    const upper = protocol?.toUpperCase() ?? "";
    const isForAny = hostname === null || hostname === undefined || hostname === "" || HOSTLESS_PROTOCOLS.has(upper);
    return {
      name,
      port: port ?? undefined,
      protocol: upper,
      host: isForAny ? "any" : (parseHostname(hostname) ?? "none"),
    };
  });
}
