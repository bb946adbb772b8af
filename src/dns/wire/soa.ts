// SOA rdata (RFC 1035 §3.3.13): made from a zone's options, never from a target text.

import type { DomainName } from "#src/domain/name.ts";
import { encodeName } from "./name.ts";

/** What an SOA says, its serial apart. */
export interface SoaFields {
  /** MNAME. */
  readonly primary: DomainName;
  /** RNAME: the mailbox with its "@" as a dot. */
  readonly hostmaster: DomainName;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  /** MINIMUM: how long a negative answer may be kept (RFC 2308 §4). */
  readonly negativeTtlSeconds: number;
}

/** Uncompressed rdata; `serial` is a number of 32 bits. */
export function encodeSoa(soa: SoaFields, serial: number): Uint8Array {
  const numbers = [serial, soa.refreshSeconds, soa.retrySeconds, soa.expireSeconds, soa.negativeTtlSeconds];
  return Uint8Array.from([...encodeName(soa.primary), ...encodeName(soa.hostmaster), ...numbers.flatMap(uint32)]);
}

function uint32(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
