// What external-dns does to the endpoints of its sources before anybody else sees them: merge, check, dedupe, and drop
// properties of other providers (source/utils.go, source/wrappers).

import { isIPv4, isIPv6 } from "node:net";
import { type Endpoint, endpointKey, type ProviderProperty, property } from "./endpoint.ts";
import type { Release } from "./endpoint-json.ts";

/** Up to 0.20 nothing checks content and every property is sent; from 0.21 see #6220. */
export function prepareSourceEndpoints(endpoints: readonly Endpoint[], release: Release): Endpoint[] {
  // One clone of all keeps the property lists shared that the caller shares: see keepWebhookProperties.
  const merged = mergeEndpoints(structuredClone([...endpoints]));
  if (release !== "0.21") return withoutDuplicates(merged);
  return keepWebhookProperties(withoutDuplicates(merged.filter(isWellFormed)));
}

/** Endpoints of one name, type, set identifier and TTL become one; CNAMEs only when their target is the same. */
function mergeEndpoints(endpoints: readonly Endpoint[]): Endpoint[] {
  const merged = new Map<string, Endpoint>();
  for (const item of endpoints) {
    if (item.recordType === "CNAME" && item.targets.length === 0) continue;
    const target = item.recordType === "CNAME" ? item.targets[0] : "";
    const key = JSON.stringify([endpointKey(item), item.recordTTL, target]);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, item);
    else known.targets.push(...item.targets);
  }
  return [...merged.values()].map((item) => ({ ...item, targets: [...new Set(item.targets)].sort() }));
}

function withoutDuplicates(endpoints: readonly Endpoint[]): Endpoint[] {
  const seen = new Map<string, Endpoint>();
  for (const item of endpoints) {
    const key = JSON.stringify([endpointKey(item), item.targets]);
    if (!seen.has(key)) seen.set(key, item);
  }
  return [...seen.values()];
}

/** `Endpoint.CheckEndpoint`: what does not pass is skipped with a warning. */
function isWellFormed(item: Endpoint): boolean {
  const alias = property(item, "alias");
  const check = TARGET_CHECKS.get(item.recordType);
  if (item.recordType === "A" || item.recordType === "AAAA") {
    return alias === "true" || item.targets.every((target) => check?.(target) === true);
  }
  if (alias !== undefined && item.recordType !== "CNAME") return false;
  if (item.recordType === "PTR" && !(/[^.].*\.(in-addr|ip6)\.arpa$/i.test(item.dnsName) && item.targets.length > 0)) {
    return false;
  }
  return check === undefined || item.targets.every(check);
}

const TARGET_CHECKS: ReadonlyMap<string, (target: string) => boolean> = new Map([
  ["A", isIPv4],
  ["AAAA", isIPv6],
  ["MX", (target) => areNumbersThenHost(target, 1)],
  // RFC 2782: the target host has to end with a dot, external-dns says.
  ["SRV", (target) => areNumbersThenHost(target, 3) && target.trim().endsWith(".")],
  ["PTR", (target) => target.trim() !== "" && !isIPv4(target) && !isIPv6(target)],
]);

/** 16-bit unsigned numbers in front of one host. */
function areNumbersThenHost(target: string, numbers: number): boolean {
  const parts = target.trim().split(/\s+/);
  if (parts.length !== numbers + 1) return false;
  return parts.slice(0, numbers).every((part) => /^\d+$/.test(part) && Number(part) <= 0xffff);
}

/**
 * #6220: with provider=webhook a property with a "/" stays only when it starts with "webhook/". The original compacts and
 * sorts in place, and all endpoints of one Ingress or Service share one list: after a drop the first endpoint may lose a
 * property and the others get an empty one (`{}` on the wire). Endpoints given with a shared array behave the same here.
 */
function keepWebhookProperties(endpoints: readonly Endpoint[]): Endpoint[] {
  const views = endpoints.map((item) => ({
    item,
    backing: item.providerSpecific,
    length: item.providerSpecific.length,
  }));
  for (const view of views) {
    const seen = view.backing.slice(0, view.length);
    const kept = seen.filter(({ name }) => !name.includes("/") || name.startsWith("webhook/")).sort(byName);
    const dropped = seen.slice(kept.length).map(() => ({ name: "", value: "" }));
    view.backing.splice(0, view.length, ...kept, ...dropped);
    view.length = kept.length;
  }
  return views.map(({ item, backing, length }) => ({
    ...item,
    providerSpecific: structuredClone(backing.slice(0, length)),
  }));
}

function byName(a: ProviderProperty, b: ProviderProperty): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
