// The legacy API `v2/…/static-dns` (Network 8.2.93 and later; facts: unifi.md 1.1).

import type { ConsoleClient } from "./console-client.ts";
import { bodyOf, type DnsApi, listRefused, malformed, written } from "./dns-api.ts";
import { STATIC_RULES } from "./rules.ts";
import { decodeStatic, encodeStatic } from "./static-record.ts";

/** `networkPath` is where the Network application answers; `site` its short name. */
export function createStaticDnsApi(client: ConsoleClient, networkPath: string, site: string): DnsApi {
  const path = `${networkPath}/v2/api/site/${site}/static-dns`;
  return {
    kind: "static-dns",
    rules: STATIC_RULES,
    list: async (signal) => {
      const reply = await client.send({ method: "GET", path, operation: "list" }, signal);
      if (!reply.ok) throw listRefused(reply.refusal, "static DNS records");
      if (!Array.isArray(reply.body)) throw malformed("list", "a list of static DNS records");
      return reply.body.map(decodeStatic);
    },
    create: async (record, signal) => {
      const body = bodyOf(record, encodeStatic);
      return written(await client.send({ method: "POST", path, body, operation: "create" }, signal), decodeStatic);
    },
    replace: async (id, record, signal) => {
      const body = bodyOf(record, encodeStatic);
      const call = { method: "PUT", path: `${path}/${id}`, body, operation: "update" } as const;
      return written(await client.send(call, signal), decodeStatic);
    },
    remove: async (id, signal) => {
      const call = { method: "DELETE", path: `${path}/${id}`, operation: "delete" } as const;
      return written(await client.send(call, signal), decodeStatic);
    },
  };
}
