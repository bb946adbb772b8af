// The v2 `static-dns` API and the few classic endpoints a DNS client reads. Facts: unifi.md 1.1.

import { findConflict } from "./conflicts.ts";
import { parseLegacy, toLegacy } from "./legacy-view.ts";
import type { Author, FakeRecord, RecordFields, Site } from "./records.ts";
import {
  classic,
  classicError,
  empty,
  json,
  legacyError,
  legacyErrorWith,
  methodNotAllowedPage,
  notFoundPage,
  type Refusal,
  type Reply,
} from "./replies.ts";
import type { Route } from "./routes.ts";
import { type ConsoleRequest, type ConsoleState, type ListDistortion, listedRecords } from "./state.ts";

export interface LegacyCall {
  readonly state: ConsoleState;
  readonly request: ConsoleRequest;
  readonly route: Route;
  readonly distortion: ListDistortion;
  readonly author: Author;
}

export function answerV2(call: LegacyCall): Reply {
  const { state, route } = call;
  if (!state.profile.staticDns || route.allow.length === 0) {
    return legacyErrorWith(404, "api.err.NotFound", { message: "Not found" });
  }
  if (route.operation === "none") return methodNotAllowedPage(route.allow.join(", "));
  const site = state.sites.find(({ identity }) => identity.reference === route.site);
  if (site === undefined) {
    return legacyErrorWith(state.switches.unknownSiteStatus, "api.err.NotFound", { message: "Site does not exist" });
  }
  if (route.operation === "list") return json(200, listedRecords(state, site, call.distortion).map(toItem(call, site)));
  if (route.operation === "devices") return json(200, site.clients.map(toDevice));
  if (route.operation === "create") return create(call, site);
  const record = site.records.find(({ objectId }) => objectId === route.id);
  if (route.operation === "delete") return remove(call, site, record);
  return update(call, site, record);
}

export function answerClassic({ state, route }: LegacyCall): Reply {
  if (route.operation === "version") {
    return json(200, { meta: { rc: "ok", up: true, server_version: state.profile.version }, data: [] });
  }
  if (route.operation === "none") return route.allow.length === 0 ? notFoundPage() : methodNotAllowedPage("GET");
  if (route.resource === "sites") return classic(state.sites.map(toClassicSite));
  const site = state.sites.find(({ identity }) => identity.reference === route.site);
  if (site === undefined) return classicError(401, "api.err.NoSiteContext");
  if (route.resource === "stat/sysinfo") return classic([{ version: state.profile.version, timezone: "Etc/UTC" }]);
  if (route.resource === "rest/networkconf") {
    return classic(site.networkDomains.map((domain, index) => ({ name: `LAN ${index + 1}`, domain_name: domain })));
  }
  return classic(site.clients.map(toClassicUser));
}

function create(call: LegacyCall, site: Site): Reply {
  const fields = readFields(call, site, undefined);
  if ("kind" in fields) return legacyError(fields);
  return json(call.state.switches.postStatus, toItem(call, site)(site.create(fields, call.author)));
}

function remove(call: LegacyCall, site: Site, record: FakeRecord | undefined): Reply {
  if (record === undefined) return legacyError(NOT_FOUND);
  site.remove(record, call.author);
  return empty(call.state.switches.deleteStatus);
}

function update(call: LegacyCall, site: Site, record: FakeRecord | undefined): Reply {
  const broken = brokenPut(call);
  if (broken !== undefined) return broken;
  if (record === undefined) return legacyError(NOT_FOUND);
  const fields = readFields(call, site, record);
  if ("kind" in fields) return legacyError(fields);
  return json(200, toItem(call, site)(site.replace(record, { ...ZEROES, ...fields }, call.author)));
}

/** What PUT does on the versions where it does not work, whatever is asked (unifi.md 1.1.4). */
function brokenPut({ state, route }: LegacyCall): Reply | undefined {
  switch (state.switches.v2Put) {
    case "ok":
      return undefined;
    case "already-exists":
      return legacyError({ kind: "already-exists", message: "Static DNS record already exists" });
    case "404":
      return legacyError(NOT_FOUND);
    case "405":
      return methodNotAllowedPage(route.allow.filter((method) => method !== "PUT").join(", "));
    default:
      return legacyError({ kind: "internal", message: "Internal server error" });
  }
}

const NOT_FOUND: Refusal = { kind: "not-found", message: "Static DNS record not found" };

const ZEROES = { ttlSeconds: 0, priority: 0, weight: 0, port: 0 } as const;

function readFields(
  { state, request }: LegacyCall,
  site: Site,
  replaces: FakeRecord | undefined,
): RecordFields | Refusal {
  const fields = parseLegacy(parseJson(request.body), state.switches);
  if ("kind" in fields) return fields;
  return findConflict(site, { fields, replaces }, { switches: state.switches, api: "v2" }) ?? fields;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toItem({ state }: LegacyCall, site: Site): (record: FakeRecord) => object {
  return (record) => toLegacy(record, site.identity.objectId, state.switches);
}

function toDevice({ hostname, localDnsRecord }: Site["clients"][number]): object {
  return { hostname: localDnsRecord, name: hostname };
}

function toClassicUser({ hostname, localDnsRecord }: Site["clients"][number]): object {
  return { hostname, use_fixedip: true, local_dns_record: localDnsRecord, local_dns_record_enabled: true };
}

function toClassicSite({ identity }: Site): object {
  return { _id: identity.objectId, name: identity.reference, desc: identity.name };
}
