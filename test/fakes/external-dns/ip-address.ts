// Go's net/netip, as far as external-dns compares targets with it: parse, canonical text, order.

import { isIPv4, isIPv6 } from "node:net";

export interface IpAddress {
  readonly family: 4 | 6;
  /** Canonical text: RFC 5952 for IPv6. */
  readonly text: string;
  /** Fixed-width hexadecimal of the bits, then the zone: equal families order by it. */
  readonly sortKey: string;
}

/** `netip.ParseAddr`; `undefined` where Go answers an error. */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { family: 4, text, sortKey: text.split(".").map(hexByte).join("") };
  if (!isIPv6(text)) return undefined;
  const [address = "", zone] = text.split("%", 2);
  const groups = ipv6Groups(address);
  const suffix = zone === undefined ? "" : `%${zone}`;
  const key = groups.map((group) => group.toString(16).padStart(4, "0")).join("");
  return { family: 6, text: ipv6Text(groups) + suffix, sortKey: key + suffix };
}

/** `Addr.Less`: IPv4 before IPv6, then by value. */
export function ipIsLess(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family ? a.sortKey < b.sortKey : a.family < b.family;
}

function hexByte(decimal: string): string {
  return Number(decimal).toString(16).padStart(2, "0");
}

function ipv6Groups(address: string): number[] {
  const [head = "", tail] = address.split("::", 2);
  const front = groupsOf(head);
  if (tail === undefined) return front;
  const back = groupsOf(tail);
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const hex = group.split(".").map(hexByte).join("");
    return [Number.parseInt(hex.slice(0, 4), 16), Number.parseInt(hex.slice(4), 16)];
  });
}

/** RFC 5952 §4; an IPv4-mapped address is written with dotted decimals (§5). */
function ipv6Text(groups: readonly number[]): string {
  const [, , , , , marker = 0, high = 0, low = 0] = groups;
  if (groups.slice(0, 5).every((group) => group === 0) && marker === 0xffff) {
    return `::ffff:${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
  }
  const run = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run.length < 2) return hex.join(":");
  return `${hex.slice(0, run.start).join(":")}::${hex.slice(run.start + run.length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let at = 0; at <= groups.length; at++) {
    if (at < groups.length && groups[at] === 0) continue;
    if (at - start > best.length) best = { start, length: at - start };
    start = at + 1;
  }
  return best;
}
