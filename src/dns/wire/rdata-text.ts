// Rdata back to the canonical text it was made from (domain/target.ts), for people to read. The inverse of rdata.ts; reads
// only rdata of our own making.

import { canonicalIpv6 } from "#src/domain/address.ts";
import { SVC_PARAM_KEYS } from "#src/domain/svcb.ts";
import { formatText } from "#src/domain/text.ts";
import { decodeName } from "./name.ts";
import { TYPE } from "./registry.ts";

/** Canonical text of one record's rdata. What cannot be read stands as `\# length hex` (RFC 3597 §5). */
export function rdataText(type: number, rdata: Uint8Array): string {
  const reader = new RdataReader(rdata);
  const text = READERS.get(type)?.(reader);
  return text === undefined || reader.hasFailed ? genericText(rdata) : text;
}

/** Name of a type: "A", or `TYPE1234` where we know none (RFC 3597 §5). */
export function typeText(type: number): string {
  return TYPE_NAMES.get(type) ?? `TYPE${type}`;
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TYPE).map(([name, number]) => [number, name]));

/** Takes fields off the front; once something is missing every text counts for nothing. */
class RdataReader {
  readonly #octets: Uint8Array;
  #position = 0;
  #hasFailed = false;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  get isAtEnd(): boolean {
    return this.#hasFailed || this.#position >= this.#octets.length;
  }

  take(count: number): Uint8Array {
    const taken = this.#octets.subarray(this.#position, this.#position + count);
    this.#position += count;
    this.#hasFailed ||= taken.length < count;
    return taken;
  }

  rest(): Uint8Array {
    return this.take(Math.max(0, this.#octets.length - this.#position));
  }

  uint(octets: 1 | 2 | 4): number {
    return this.take(octets).reduce((value, octet) => value * 256 + octet, 0);
  }

  host(): string {
    const name = decodeName(this.#octets, this.#position);
    if (!name.ok) {
      this.#hasFailed = true;
      return "";
    }
    this.#position = name.value.end;
    return name.value.name === "" ? "." : name.value.name;
  }

  characterString(): Uint8Array {
    return this.take(this.uint(1));
  }
}

type Read = (reader: RdataReader) => string;

const host: Read = (reader) => reader.host();
const uint8: Read = (reader) => String(reader.uint(1));
const uint16: Read = (reader) => String(reader.uint(2));
const uint32: Read = (reader) => String(reader.uint(4));
const quoted: Read = (reader) => formatText(reader.characterString());

const READERS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [TYPE.A, (reader) => reader.take(4).join(".")],
  [TYPE.AAAA, (reader) => ipv6Text(reader.take(16))],
  [TYPE.CNAME, host],
  [TYPE.NS, host],
  [TYPE.PTR, host],
  [TYPE.TXT, joinedStrings],
  [TYPE.MX, fields(uint16, host)],
  [TYPE.SRV, fields(uint16, uint16, uint16, host)],
  [TYPE.NAPTR, fields(uint16, uint16, quoted, quoted, quoted, host)],
  [
    TYPE.CAA,
    fields(
      uint8,
      (reader) => asciiText(reader.characterString()),
      (reader) => formatText(reader.rest()),
    ),
  ],
  [TYPE.HTTPS, svcb],
  [TYPE.SOA, fields(host, host, uint32, uint32, uint32, uint32, uint32)],
]);

function fields(...readers: readonly Read[]): Read {
  return (reader) => readers.map((read) => read(reader)).join(" ");
}

function joinedStrings(reader: RdataReader): string {
  const content: number[] = [];
  while (!reader.isAtEnd) content.push(...reader.characterString());
  return formatText(Uint8Array.from(content));
}

/** RFC 9460 §2.1. */
function svcb(reader: RdataReader): string {
  const texts = [uint16(reader), reader.host()];
  while (!reader.isAtEnd) {
    const key = KEY_NAMES.get(reader.uint(2)) ?? "";
    const octets = reader.take(reader.uint(2));
    const value = VALUE_TEXTS[key]?.(new RdataReader(octets)) ?? "";
    texts.push(value === "" ? key : `${key}="${value}"`);
  }
  return texts.join(" ");
}

const KEY_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(SVC_PARAM_KEYS).map(([name, number]) => [number, name]),
);

const VALUE_TEXTS: Readonly<Record<string, Read>> = {
  mandatory: listed((reader) => KEY_NAMES.get(reader.uint(2)) ?? ""),
  alpn: listed((reader) => asciiText(reader.characterString())),
  port: uint16,
  ipv4hint: listed((reader) => reader.take(4).join(".")),
  ech: (reader) => btoa(String.fromCharCode(...reader.rest())),
  ipv6hint: listed((reader) => ipv6Text(reader.take(16))),
  dohpath: (reader) => asciiText(reader.rest()),
};

function listed(read: Read): Read {
  return (reader) => {
    const items: string[] = [];
    while (!reader.isAtEnd) items.push(read(reader));
    return items.join(",");
  };
}

function ipv6Text(octets: Uint8Array): string {
  const groups: string[] = [];
  for (let index = 0; index < octets.length; index += 2) {
    groups.push((((octets[index] ?? 0) << 8) | (octets[index + 1] ?? 0)).toString(16));
  }
  return groups.length === 8 ? canonicalIpv6(groups.join(":")) : "";
}

function asciiText(octets: Uint8Array): string {
  return String.fromCharCode(...octets);
}

function genericText(rdata: Uint8Array): string {
  const hex = Array.from(rdata, (octet) => octet.toString(16).padStart(2, "0")).join("");
  return hex === "" ? "\\# 0" : `\\# ${rdata.length} ${hex}`;
}
