// Numbers of the IANA DNS registries that Zonegate names, and the two sizes every part of dns/ agrees on.

import type { RecordType } from "#src/domain/record.ts";

/** Fixed part of a message (RFC 1035 §4.1.1). */
export const HEADER_OCTETS = 12;

/** Our own UDP payload size and the most we send over UDP (RFC 9715: no fragmentation on any usual link). */
export const MAX_UDP_PAYLOAD_OCTETS = 1232;

/** RFC 1035 §4.2.1: what every client takes; RFC 6891 §6.2.3: smaller announcements mean this. */
export const MIN_UDP_PAYLOAD_OCTETS = 512;

/** The length prefix of TCP has 16 bits (RFC 1035 §4.2.2). */
export const MAX_TCP_MESSAGE_OCTETS = 65_535;

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  OPT: 41,
  DS: 43,
  HTTPS: 65,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  CAA: 257,
} as const;

export const CLASS = { IN: 1, CH: 3, HS: 4, ANY: 255 } as const;

export const OPCODE = { QUERY: 0 } as const;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  /** Extended: its upper eight bits stand in the OPT record (RFC 6891 §6.1.3). */
  BADVERS: 16,
} as const;

export const EDNS_OPTION = { NSID: 3, TCP_KEEPALIVE: 11, EXTENDED_ERROR: 15 } as const;

/** Extended DNS errors (RFC 8914 §4). */
export const EXTENDED_ERROR = { STALE_ANSWER: 3, NOT_READY: 14, PROHIBITED: 18, NOT_AUTHORITATIVE: 20 } as const;

/** Type number of each type that may stand in a record set. */
export const RECORD_TYPE_NUMBER: Readonly<Record<RecordType, number>> = {
  A: TYPE.A,
  AAAA: TYPE.AAAA,
  CNAME: TYPE.CNAME,
  TXT: TYPE.TXT,
  NS: TYPE.NS,
  PTR: TYPE.PTR,
  MX: TYPE.MX,
  SRV: TYPE.SRV,
  NAPTR: TYPE.NAPTR,
  CAA: TYPE.CAA,
  HTTPS: TYPE.HTTPS,
};
