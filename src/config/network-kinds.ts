// The kinds of values that name something in a network: addresses, subnets, ports, names.

import { isIP } from "node:net";
import { canonicalIpv4, canonicalIpv6 } from "#src/domain/address.ts";
import { type DomainName, parseName, ROOT } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { kind, quote, readList, readText, wholeNumber } from "./kinds.ts";

/** Both loopbacks: external-dns dials `localhost`, which is either. */
const LOCALHOST = ["127.0.0.1", "::1"] as const;
const MAX_PORT = 65_535;

/** Addresses from which somebody may ask, in the terms of node:net's BlockList. */
export interface Subnet {
  /** Canonical text; bits after the prefix may be set, as in `192.168.1.1/24`. */
  readonly address: string;
  readonly prefixLength: number;
  readonly family: "ipv4" | "ipv6";
}

/** 0 takes any free port: for tests and trials. */
export function port() {
  return wholeNumber({ min: 0, max: MAX_PORT });
}

/** An IP address or `localhost` (both loopbacks), as the list of addresses to bind. */
export function host() {
  return kind(readHost, 'Write an IP address such as 0.0.0.0, or "localhost".');
}

export function listenAddresses() {
  return kind((input): Parsed<readonly string[]> => {
    const addresses = readList(input, readAddress);
    return addresses.ok && addresses.value.length === 0 ? unparsable("is an empty list") : addresses;
  }, "Write IP addresses such as 0.0.0.0 and ::.");
}

export function addressList() {
  return kind((input) => readList(input, readAddress), "Write IP addresses such as 192.0.2.53.");
}

export function subnetList() {
  return kind((input) => readList(input, readSubnet), "Write subnets such as 203.0.113.0/24 or 2001:db8::/32.");
}

/** A name in canonical form; not the root, which is nobody's to give away. */
export function domainName(hint: string) {
  return kind(readDomainName, hint);
}

/** Names in canonical form, none of them the root. */
export function domainNames(hint: string) {
  return kind((input) => readList(input, readDomainName), hint);
}

/** A mailbox as the SOA holds it: `hostmaster@example.com` or `hostmaster.example.com` (RFC 1035 §8). */
export function mailbox() {
  return kind((input): Parsed<DomainName> => {
    const written = readText(input);
    if (!written.ok) return written;
    const [local = "", domain, ...more] = written.value.split("@");
    if (domain === undefined) return readDomainName(local);
    if (local === "" || domain === "" || more.length > 0) return unparsable(`${quote(input)} is not a mail address`);
    return readDomainName(`${local.replaceAll(".", "\\.")}.${domain}`);
  }, "Write a mail address such as hostmaster@example.com.");
}

export function readDomainName(input: unknown): Parsed<DomainName> {
  const written = readText(input);
  if (!written.ok) return written;
  const name = parseName(written.value);
  if (name.ok && name.value === ROOT) return unparsable("is the root of all names");
  return name;
}

function readHost(input: unknown): Parsed<readonly string[]> {
  const written = readText(input);
  if (!written.ok) return written;
  if (written.value.toLowerCase() === "localhost") return parsed(LOCALHOST);
  const address = readAddress(written.value);
  return address.ok ? parsed([address.value]) : address;
}

/** Canonical text. A zone id (`fe80::1%eth0`) is refused: it names an interface of one machine. */
function readAddress(written: string): Parsed<string> {
  if (isIP(written) === 4) return parsed(canonicalIpv4(written));
  if (isIP(written) === 6 && !written.includes("%")) return parsed(canonicalIpv6(written));
  return unparsable(`${quote(written)} is not an IP address`);
}

/** One subnet, or an address that stands for itself. */
export function readSubnet(written: string): Parsed<Subnet> {
  const [addressText = "", lengthText, ...more] = written.split("/");
  const address = readAddress(addressText);
  if (!address.ok || more.length > 0) return unparsable(`${quote(written)} is not a subnet`);
  const family = isIP(address.value) === 4 ? "ipv4" : "ipv6";
  const maxLength = family === "ipv4" ? 32 : 128;
  if (lengthText === undefined) return parsed({ address: address.value, prefixLength: maxLength, family });
  if (!/^\d{1,3}$/.test(lengthText) || Number(lengthText) > maxLength) {
    return unparsable(`${quote(written)}: the prefix length is not from 0 to ${maxLength}`);
  }
  return parsed({ address: address.value, prefixLength: Number(lengthText), family });
}
