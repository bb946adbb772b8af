// An RRset (RFC 2181 §5): what zones hold, answers carry and the encoder writes. Plain data, safe to post to a worker.

import type { DomainName } from "#src/domain/name.ts";

/** All records of one name and type. */
export interface RrSet {
  readonly name: DomainName;
  /** Type number (RFC 6895). */
  readonly type: number;
  /** IN unless given: CH, for what a server says of itself (RFC 4892). */
  readonly class?: number;
  /** One for the whole set (RFC 2181 §5.2). */
  readonly ttlSeconds: number;
  /** Uncompressed rdata, one per record, without duplicates, in byte order. */
  readonly rdata: readonly Uint8Array[];
  /** It may have changed since it was learnt: answers with it say so (RFC 8914 §4.4). */
  readonly isStale?: true;
}

/** The order of RFC 4034 §6.3: octet by octet, the shorter first when one begins the other. */
export function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
