// The official API `dns/policies` (Network 10.1 and later; facts: unifi.md 1.2).

import type { ConsoleClient } from "./console-client.ts";
import { bodyOf, type DnsApi, written } from "./dns-api.ts";
import { readAllPages } from "./pages.ts";
import { decodePolicy, encodePolicy } from "./policy-record.ts";
import { POLICY_RULES } from "./rules.ts";

/** `siteId` is the site's UUID; `integrationPath` ends with the API's version. */
export function createPoliciesApi(client: ConsoleClient, integrationPath: string, siteId: string): DnsApi {
  const path = policiesPath(integrationPath, siteId);
  return {
    kind: "policies",
    rules: POLICY_RULES,
    list: async (signal) => (await readAllPages(client, { path, what: "DNS policies" }, signal)).map(decodePolicy),
    create: async (record, signal) => {
      const body = bodyOf(record, encodePolicy);
      return written(await client.send({ method: "POST", path, body, operation: "create" }, signal), decodePolicy);
    },
    replace: async (id, record, signal) => {
      const body = bodyOf(record, encodePolicy);
      const call = { method: "PUT", path: `${path}/${id}`, body, operation: "update" } as const;
      return written(await client.send(call, signal), decodePolicy);
    },
    remove: async (id, signal) => {
      const call = { method: "DELETE", path: `${path}/${id}`, operation: "delete" } as const;
      return written(await client.send(call, signal), decodePolicy);
    },
  };
}

export function policiesPath(integrationPath: string, siteId: string): string {
  return `${integrationPath}/sites/${siteId}/dns/policies`;
}
