// Records of the legacy API `static-dns`, both ways (facts: unifi.md 1.1.3). Pure.

import * as z from "zod";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import type { DesiredRecord } from "#src/providers/provider.ts";
import { consoleText } from "./text.ts";
import { mailFields, serviceFields, unreadableRecord, type WireRecord, wireRecord } from "./wire-record.ts";

/** Builds have been seen that write numbers as text, and none as "". */
const number = z.union([z.number(), z.string().regex(/^\d*$/).transform(Number)]).nullish();
const item = z.looseObject({
  _id: z.string().nullish(),
  key: z.string(),
  record_type: z.string(),
  value: z.string(),
  enabled: z.boolean().nullish(),
  ttl: number,
  priority: number,
  weight: number,
  port: number,
  attr_no_delete: z.boolean().nullish(),
  attr_no_edit: z.boolean().nullish(),
});
type Item = z.infer<typeof item>;

/** Never fails: an item that is not understood is a record that nobody may touch. */
export function decodeStatic(given: unknown): WireRecord {
  const read = item.safeParse(given);
  if (!read.success) return unreadableRecord(given);
  const { _id, key, record_type, enabled, ttl, attr_no_delete, attr_no_edit } = read.data;
  return wireRecord({
    wireId: _id ?? "",
    // The console's NS is a forwarded domain with the address of its server, and no NS record.
    type: record_type === "NS" ? "FORWARD_DOMAIN" : record_type,
    name: key,
    target: targetOf(read.data),
    ttlSeconds: ttl ?? 0,
    isServed: enabled !== false,
    isOurs:
      enabled !== null &&
      enabled !== undefined &&
      attr_no_delete !== true &&
      attr_no_edit !== true &&
      HELD_TYPES.has(record_type),
  });
}

const HELD_TYPES: ReadonlySet<string> = new Set(["A", "AAAA", "CNAME", "MX", "SRV", "TXT"]);

function targetOf({ record_type, value, priority, weight, port }: Item): string {
  if (record_type === "MX") return `${priority ?? 0} ${value}`;
  if (record_type === "SRV") return `${priority ?? 0} ${weight ?? 0} ${port ?? 0} ${value}`;
  return value;
}

/** The body of a POST or PUT: exactly the fields that its type may carry, since others are refused. */
export function encodeStatic({ name, type, target, ttlSeconds }: DesiredRecord): Parsed<object> {
  const common = { record_type: type, enabled: true, key: name };
  switch (type) {
    case "A":
    case "AAAA":
    case "CNAME":
      return parsed({ ...common, value: target, ttl: ttlSeconds ?? 0 });
    case "MX": {
      const { priority, host } = mailFields(target);
      return parsed({ ...common, value: host, priority });
    }
    case "TXT": {
      const content = consoleText(target);
      return content.ok ? parsed({ ...common, value: content.value }) : content;
    }
    case "SRV": {
      const { host, ...numbers } = serviceFields(target);
      return parsed({ ...common, value: host, ...numbers });
    }
    default:
      return unparsable(`the console holds no ${type} records`);
  }
}
