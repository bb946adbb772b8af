// Raw queries, octet by octet, so that tests can send what no library would; and replies read by dns-packet, a codec that is
// not ours.

import dnsPacket from "dns-packet";
import { CLASS, TYPE } from "#src/dns/wire/registry.ts";

export interface QueryFields {
  readonly id: number;
  /** As on the wire: letter case kept, `\DDD` escapes undone. "." is the root. */
  readonly name: string;
  /** `A`, or `TYPE65280`. */
  readonly type: string;
  readonly class: keyof typeof CLASS;
  readonly opcode: number;
  /** Header bits beside the opcode: RD 0x0100, CD 0x0010, AD 0x0020, Z 0x0040, TC 0x0200, QR 0x8000. */
  readonly flags: number;
  readonly edns: EdnsFields | undefined;
  /** Octets after the last record. */
  readonly trailing: readonly number[];
}

export interface EdnsFields {
  readonly size: number;
  readonly version: number;
  readonly do: boolean;
  /** Option octets as they stand in the rdata. */
  readonly options: readonly number[];
}

const DEFAULT_QUERY: QueryFields = {
  id: 0x1234,
  name: ".",
  type: "A",
  class: "IN",
  opcode: 0,
  flags: 0,
  edns: undefined,
  trailing: [],
};

export const DEFAULT_EDNS: EdnsFields = { size: 1232, version: 0, do: false, options: [] };

export function buildQuery(given: Partial<QueryFields>): Uint8Array {
  const query = { ...DEFAULT_QUERY, ...given };
  const additional = query.edns === undefined ? [] : optOctets(query.edns);
  return Uint8Array.from([
    ...uint16(query.id),
    ...uint16((query.opcode << 11) | query.flags),
    ...uint16(1),
    ...uint16(0),
    ...uint16(0),
    ...uint16(additional.length > 0 ? 1 : 0),
    ...nameOctets(query.name),
    ...uint16(typeNumber(query.type)),
    ...uint16(CLASS[query.class]),
    ...additional,
    ...query.trailing,
  ]);
}

export function optOctets(given: Partial<EdnsFields> = {}): readonly number[] {
  const edns = { ...DEFAULT_EDNS, ...given };
  const head = [0, ...uint16(41), ...uint16(edns.size), 0, edns.version, edns.do ? 0x80 : 0, 0];
  return [...head, ...uint16(edns.options.length), ...edns.options];
}

export function nameOctets(text: string): readonly number[] {
  const labels = text.split(".").filter((label) => label !== "");
  return [...labels.map(labelOctets).flatMap((label) => [label.length, ...label]), 0];
}

function typeNumber(text: string): number {
  const generic = /^TYPE(\d+)$/.exec(text)?.[1];
  if (generic !== undefined) return Number(generic);
  const known = Object.entries(TYPE).find(([name]) => name === text)?.[1];
  if (known === undefined) throw new Error(`no such type: ${text}`);
  return known;
}

export interface ReadReply {
  readonly id: number;
  readonly opcode: string;
  /** Extended rcode by name, as dig prints it. */
  readonly rcode: string;
  /** Set header bits in wire order: qr aa tc rd ra z ad cd. */
  readonly flags: readonly string[];
  readonly questions: number;
  /** `name ttl type rdata`, in the order of the message. */
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  readonly edns: ReadEdns | undefined;
}

interface ReadEdns {
  readonly size: number;
  readonly version: number;
  readonly do: boolean;
  /** RFC 8914 info codes. */
  readonly extendedErrors: readonly number[];
  /** Every other option: `code:octets in hexadecimal`. */
  readonly otherOptions: readonly string[];
}

const FLAG_BITS = { qr: 0x8000, aa: 0x400, tc: 0x200, rd: 0x100, ra: 0x80, z: 0x40, ad: 0x20, cd: 0x10 } as const;
const EXTENDED_RCODES: ReadonlyMap<number, string> = new Map([
  [9, "NOTAUTH"],
  [16, "BADVERS"],
]);

/** Throws when dns-packet cannot read the message, or when octets are left over. */
export function readReply(message: Uint8Array): ReadReply {
  const octets = Buffer.from(message);
  const decoded = dnsPacket.decode(octets);
  if (dnsPacket.decode.bytes !== octets.length) throw new Error("octets after the last record");
  const bits = octets.readUInt16BE(2);
  const records = (decoded.additionals ?? []) as readonly DecodedRecord[];
  const opts = records.filter((record) => record.type === "OPT");
  if (opts.length > 1) throw new Error("more than one OPT");
  const [opt] = opts;
  return {
    id: octets.readUInt16BE(0),
    opcode: String((bits >> 11) & 0xf),
    rcode: rcodeText((bits & 0xf) | ((opt?.extendedRcode ?? 0) << 4)),
    flags: Object.entries(FLAG_BITS).flatMap(([flag, bit]) => ((bits & bit) === 0 ? [] : [flag])),
    questions: octets.readUInt16BE(4),
    answer: ((decoded.answers ?? []) as readonly DecodedRecord[]).map(recordText),
    authority: ((decoded.authorities ?? []) as readonly DecodedRecord[]).map(recordText),
    additional: records.filter((record) => record.type !== "OPT").map(recordText),
    edns: opt === undefined ? undefined : ednsOf(opt),
  };
}

/** What dns-packet yields; its own types are a union that lacks the unknown types we need. */
interface DecodedRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly data: unknown;
  readonly extendedRcode?: number;
  readonly udpPayloadSize?: number;
  readonly ednsVersion?: number;
  readonly flag_do?: boolean;
  readonly options?: readonly { readonly code: number; readonly data: Buffer }[];
}

function ednsOf(opt: DecodedRecord): ReadEdns {
  const options = opt.options ?? [];
  return {
    size: opt.udpPayloadSize ?? 0,
    version: opt.ednsVersion ?? 0,
    do: opt.flag_do === true,
    extendedErrors: options.filter(({ code }) => code === 15).map(({ data }) => data.readUInt16BE(0)),
    otherOptions: options
      .filter(({ code }) => code !== 15)
      .map(({ code, data }) => `${code}:${Buffer.from(data).toString("hex")}`),
  };
}

function rcodeText(rcode: number): string {
  const low = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"][rcode];
  return low ?? EXTENDED_RCODES.get(rcode) ?? `RCODE${rcode}`;
}

function recordText({ name, ttl, type, data }: DecodedRecord): string {
  return [name, ttl, type.replace(/^UNKNOWN_/, "TYPE"), dataText(type, data)].join(" ");
}

function dataText(type: string, data: unknown): string {
  if (typeof data === "string") return data;
  if (Buffer.isBuffer(data)) return data.toString("hex");
  if (Array.isArray(data)) return data.map((piece: unknown) => JSON.stringify(String(piece))).join(" ");
  const fields = data as Readonly<Record<string, string | number | boolean>>;
  return (FIELD_ORDER[type] ?? Object.keys(fields).sort()).map((field) => String(fields[field])).join(" ");
}

const FIELD_ORDER: Readonly<Record<string, readonly string[]>> = {
  SOA: ["mname", "rname", "serial", "refresh", "retry", "expire", "minimum"],
  MX: ["preference", "exchange"],
  SRV: ["priority", "weight", "port", "target"],
  NAPTR: ["order", "preference", "flags", "services", "regexp", "replacement"],
  CAA: ["flags", "tag", "value"],
};

function labelOctets(label: string): readonly number[] {
  const pieces = label.match(/\\\d{3}|[^\\]/g) ?? [];
  return pieces.map((piece) => (piece.startsWith("\\") ? Number(piece.slice(1)) : piece.charCodeAt(0)));
}

function uint16(value: number): readonly [number, number] {
  return [value >> 8, value & 0xff];
}
