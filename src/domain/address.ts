// IP addresses in one text form each: dotted decimal, and RFC 5952 for IPv6.

/** Dotted decimal without leading zeros. `text` must have passed `isIP(text) === 4`. */
export function canonicalIpv4(text: string): string {
  return text.split(".").map(Number).join(".");
}

/** RFC 5952 text. `text` must have passed `isIP(text) === 6` and carry no zone id. */
export function canonicalIpv6(text: string): string {
  const groups = ipv6Groups(text);
  const gap = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (gap === undefined) return hex.join(":");
  return `${hex.slice(0, gap.start).join(":")}::${hex.slice(gap.start + gap.length).join(":")}`;
}

/** True when only this machine reaches the address. Canonical text; IPv4 inside IPv6 counts as reachable. */
export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** The 16 octets of an IPv6 address in network order. */
export function ipv6Octets(text: string): Uint8Array {
  return Uint8Array.from(ipv6Groups(text).flatMap((group) => [group >> 8, group & 0xff]));
}

/** The 4 octets of an IPv4 address in network order. */
export function ipv4Octets(text: string): Uint8Array {
  return Uint8Array.from(text.split(".").map(Number));
}

function ipv6Groups(text: string): readonly number[] {
  const [head = "", tail] = embeddedIpv4ToHex(text).split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}

function embeddedIpv4ToHex(text: string): string {
  const match = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (match === null) return text;
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(2).map(Number);
  return `${match[1] ?? ""}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** The first longest run of two or more zero groups (RFC 5952 §4.2). */
function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } | undefined {
  let best: { start: number; length: number } | undefined;
  let start = 0;
  while (start < groups.length) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start >= 2 && end - start > (best?.length ?? 0)) best = { start, length: end - start };
    start = end + 1;
  }
  return best;
}
