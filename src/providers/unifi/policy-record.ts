// Records of the official API `dns/policies`, both ways (facts: unifi.md 1.2.3). Pure.

import * as z from "zod";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import type { DesiredRecord } from "#src/providers/provider.ts";
import { consoleText } from "./text.ts";
import { mailFields, serviceFields, unreadableRecord, type WireRecord, wireRecord } from "./wire-record.ts";

const text = z.string();
const number = z.number();
const item = z.looseObject({
  id: text.nullish(),
  type: text,
  domain: text,
  enabled: z.boolean().nullish(),
  ttlSeconds: number.nullish(),
  metadata: z.looseObject({ origin: text.nullish() }).nullish(),
});

/** Origin of what people and programs made; everything else is the console's own. */
const USER_ORIGIN = "USER_DEFINED";

/** How a target is put together from an item's fields; the type they give here is ours. */
const VALUES = {
  A: z.object({ ipv4Address: text }).transform((fields) => fields.ipv4Address),
  AAAA: z.object({ ipv6Address: text }).transform((fields) => fields.ipv6Address),
  CNAME: z.object({ targetDomain: text }).transform((fields) => fields.targetDomain),
  MX: z.object({ mailServerDomain: text, priority: number }).transform((f) => `${f.priority} ${f.mailServerDomain}`),
  TXT: z.object({ text }).transform((fields) => fields.text),
  SRV: z
    .object({ serverDomain: text, priority: number, weight: number, port: number, service: text, protocol: text })
    .transform((f) => `${f.priority} ${f.weight} ${f.port} ${f.serverDomain}`),
  FORWARD_DOMAIN: z.object({ ipAddress: text }).transform((fields) => fields.ipAddress),
} as const;
type PolicyType = keyof typeof VALUES;

/** Never fails: an item that is not understood is a record that nobody may touch. */
export function decodePolicy(given: unknown): WireRecord {
  const read = item.safeParse(given);
  if (!read.success) return unreadableRecord(given);
  const { id, type: longType, domain, enabled, ttlSeconds, metadata } = read.data;
  const type = shortType(longType);
  const value = isPolicyType(type) ? VALUES[type].safeParse(given) : undefined;
  return wireRecord({
    wireId: id ?? "",
    type,
    name: type === "SRV" ? serviceName(given, domain) : domain,
    target: value?.success === true ? value.data : JSON.stringify(given),
    ttlSeconds: ttlSeconds ?? 0,
    isServed: enabled !== false,
    isOurs: value?.success === true && enabled !== null && enabled !== undefined && isUserMade(metadata?.origin),
  });
}

/** Some builds leave the origin out; then nothing speaks against the record. */
function isUserMade(origin: string | null | undefined): boolean {
  return origin === undefined || origin === null || origin === USER_ORIGIN;
}

/** `A_RECORD` in the published documents, `A` on some builds. */
function shortType(type: string): string {
  return type === "FORWARD" ? "FORWARD_DOMAIN" : type.replace(/_RECORD$/, "");
}

function isPolicyType(type: string): type is PolicyType {
  return Object.hasOwn(VALUES, type);
}

function serviceName(given: unknown, domain: string): string {
  const fields = z.object({ service: text, protocol: text }).safeParse(given).data;
  return fields === undefined ? domain : `${fields.service}.${fields.protocol}.${domain}`;
}

/** The body of a POST or PUT: exactly the fields that its type may carry, since others are refused by name. */
export function encodePolicy({ name, type, target, ttlSeconds }: DesiredRecord): Parsed<object> {
  const common = { type: `${type}_RECORD`, enabled: true, domain: name };
  const withTtl = { ...common, ttlSeconds: ttlSeconds ?? 0 };
  switch (type) {
    case "A":
      return parsed({ ...withTtl, ipv4Address: target });
    case "AAAA":
      return parsed({ ...withTtl, ipv6Address: target });
    case "CNAME":
      return parsed({ ...withTtl, targetDomain: target });
    case "MX": {
      const { priority, host } = mailFields(target);
      return parsed({ ...common, mailServerDomain: host, priority });
    }
    case "TXT": {
      const content = consoleText(target);
      return content.ok ? parsed({ ...common, text: content.value }) : content;
    }
    case "SRV": {
      const { host, ...numbers } = serviceFields(target);
      const [service = "", protocol = "", ...rest] = name.split(".");
      return parsed({ ...common, domain: rest.join("."), service, protocol, serverDomain: host, ...numbers });
    }
    default:
      return unparsable(`the console holds no ${type} records`);
  }
}
