// Name look-ups for the console that survive the console's own DNS being away: the console is often the very server that
// would answer for its name (facts: reliability row 39).

import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Clock } from "#src/lib/clock.ts";

/** How long the last good addresses of a name stand in for a failed look-up. */
const MAX_AGE_MS = 600_000;

type ResolveAll = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** `resolve` is the system's, or a test's. */
export function createRememberingLookup(clock: Clock, resolve: ResolveAll = systemLookup): LookupFunction {
  const known = new Map<string, { readonly addresses: LookupAddress[]; readonly atMs: number }>();
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const answer = (found: LookupAddress[]): void => {
        if (options.all === true) callback(null, found);
        else callback(null, found[0]?.address ?? "", found[0]?.family ?? 0);
      };
      if (error === null && addresses.length > 0) {
        known.set(host, { addresses, atMs: clock.monotonicMs() });
        answer(addresses);
        return;
      }
      const last = known.get(host);
      if (last !== undefined && clock.monotonicMs() - last.atMs <= MAX_AGE_MS) answer(last.addresses);
      else callback(error ?? new Error(`${host} has no address`), "", 0);
    });
  };
}
