// The Integration API: info, sites, DNS policies. Facts: unifi.md 1.2.

import { findConflict } from "./conflicts.ts";
import {
  type Filter,
  type FilterableProperties,
  FilterError,
  POLICY_FILTER,
  parseFilter,
  SITE_FILTER,
} from "./filter.ts";
import { parsePolicy, toPolicy } from "./integration-view.ts";
import type { Author, FakeRecord, RecordFields, Site } from "./records.ts";
import { empty, integrationError, json, type Occasion, type Refusal, type Reply } from "./replies.ts";
import type { Route } from "./routes.ts";
import {
  type ConsoleRequest,
  type ConsoleState,
  type ListDistortion,
  listedRecords,
  type PageEffect,
} from "./state.ts";

export interface IntegrationCall {
  readonly state: ConsoleState;
  readonly request: ConsoleRequest;
  readonly route: Route;
  readonly occasion: Occasion;
  readonly distortion: ListDistortion;
  readonly author: Author;
}

export function answerIntegration(call: IntegrationCall): Reply {
  const { state, route, occasion } = call;
  if (state.profile.integration === "info-and-sites" && /\/dns\/policies/.test(occasion.path)) {
    return refuse(call, { kind: "not-found", message: `No endpoint for '${occasion.path}'` });
  }
  if (route.allow.length === 0)
    return refuse(call, { kind: "not-found", message: `No endpoint for '${occasion.path}'` });
  if (route.operation === "none") return methodNotAllowed(call);
  if (route.operation === "info") return json(200, { applicationVersion: state.profile.version });
  if (route.operation === "sites") return answerPage(call, state.sites.map(toSite), SITE_FILTER);
  const site = findSite(call);
  return "kind" in site ? refuse(call, site) : answerPolicies(call, site);
}

function answerPolicies(call: IntegrationCall, site: Site): Reply {
  const { state, route } = call;
  if (route.operation === "list") {
    const policies = listedRecords(state, site, call.distortion).map((record) => toPolicy(record, state.switches));
    return answerPage(call, policies, POLICY_FILTER);
  }
  if (route.operation === "create") {
    const fields = readFields(call, site, undefined);
    if ("kind" in fields) return refuse(call, fields);
    return json(201, toPolicy(site.create(fields, call.author), state.switches));
  }
  const records = findRecords(call, site);
  if ("kind" in records) return refuse(call, records);
  return answerPolicy(call, site, records);
}

function answerPolicy(call: IntegrationCall, site: Site, records: readonly [FakeRecord, ...FakeRecord[]]): Reply {
  const { switches } = call.state;
  const [record] = records;
  if (call.route.operation === "read") return json(200, toPolicy(record, switches));
  if (call.route.operation === "delete") {
    // A shared id is the trap it is on a real console: everything that carries it goes.
    for (const doomed of records) site.remove(doomed, call.author);
    return empty(200);
  }
  const fields = readFields(call, site, record);
  if ("kind" in fields) return refuse(call, fields);
  return json(200, toPolicy(site.replace(record, { ...ZEROES, ...fields }, call.author), switches));
}

/** PUT is whole-object: what the body lacks is not kept. */
const ZEROES = { ttlSeconds: 0, priority: 0, weight: 0, port: 0 } as const;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_PAGE_LIMIT = 200;
const DEFAULT_PAGE_LIMIT = 25;

function findSite({ state, route }: IntegrationCall): Site | Refusal {
  if (!UUID.test(route.site))
    return { kind: "type-mismatch", message: `Parameter 'siteId' has invalid value '${route.site}'` };
  const site = state.sites.find(({ identity }) => identity.uuid === route.site.toLowerCase());
  return site ?? { kind: "unknown-site", message: `Site '${route.site}' not found` };
}

function findRecords({ route }: IntegrationCall, site: Site): readonly [FakeRecord, ...FakeRecord[]] | Refusal {
  if (!UUID.test(route.id))
    return { kind: "type-mismatch", message: `Parameter 'dnsPolicyId' has invalid value '${route.id}'` };
  const [first, ...others] = site.records.filter(({ uuid }) => uuid === route.id.toLowerCase());
  return first === undefined
    ? { kind: "not-found", message: `DNS policy '${route.id}' not found` }
    : [first, ...others];
}

function readFields(
  { state, request }: IntegrationCall,
  site: Site,
  replaces: FakeRecord | undefined,
): RecordFields | Refusal {
  const fields = parsePolicy(parseJson(request.body), state.switches);
  if ("kind" in fields) return fields;
  return findConflict(site, { fields, replaces }, { switches: state.switches, api: "integration" }) ?? fields;
}

/** `undefined` when it is not JSON: the view refuses that like a missing body. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toSite({ identity }: Site): Readonly<Record<string, unknown>> {
  return { id: identity.uuid, internalReference: identity.reference, name: identity.name };
}

function answerPage(
  call: IntegrationCall,
  items: readonly Readonly<Record<string, unknown>>[],
  filterable: FilterableProperties,
): Reply {
  const offset = readCount(call.request.query.get("offset"), 0);
  const limit = readCount(call.request.query.get("limit"), DEFAULT_PAGE_LIMIT);
  if (offset === undefined || limit === undefined) {
    return refuse(call, { kind: "type-mismatch", message: "Parameters 'offset' and 'limit' must be integers" });
  }
  if (offset < 0 || limit < 0 || (limit > MAX_PAGE_LIMIT && call.state.switches.limitMode === "reject")) {
    return refuse(call, { kind: "invalid", message: `limit must be between 0 and ${MAX_PAGE_LIMIT}` });
  }
  const filter = readFilter(call.request.query.get("filter"), filterable);
  if (typeof filter !== "function") return refuse(call, filter);
  const found = items.filter(filter);
  const data = found.slice(offset, offset + Math.min(limit, MAX_PAGE_LIMIT));
  const page = { offset, limit: Math.min(limit, MAX_PAGE_LIMIT), count: data.length, totalCount: found.length, data };
  return json(200, call.distortion.page === undefined ? page : distort(page, found, call.distortion.page));
}

interface Page {
  readonly offset: number;
  readonly limit: number;
  readonly count: number;
  readonly totalCount: number;
  readonly data: readonly object[];
}

function distort(page: Page, all: readonly object[], effect: PageEffect): Page {
  switch (effect) {
    case "empty":
      return { ...page, totalCount: Math.max(1, page.totalCount), count: 0, data: [] };
    case "short": {
      const data = page.data.slice(0, Math.floor(page.data.length / 2));
      return { ...page, count: data.length, data };
    }
    case "total-changes":
      return { ...page, totalCount: page.totalCount + 1 };
    default: {
      const data = [...page.data.slice(0, -1), ...all.slice(0, 1)];
      return { ...page, count: data.length, data };
    }
  }
}

function readCount(text: string | null, missing: number): number | undefined {
  if (text === null) return missing;
  return /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function readFilter(text: string | null, filterable: FilterableProperties): Filter | Refusal {
  if (text === null || text === "") return () => true;
  try {
    return parseFilter(text, filterable);
  } catch (error) {
    if (error instanceof FilterError) return { kind: "invalid", message: `Invalid filter: ${error.message}` };
    throw error;
  }
}

function methodNotAllowed(call: IntegrationCall): Reply {
  const reply = refuse(call, {
    kind: "method-not-allowed",
    message: `Method '${call.request.method}' is not supported`,
  });
  return { ...reply, headers: { ...reply.headers, allow: call.route.allow.join(", ") } };
}

function refuse(call: IntegrationCall, refusal: Refusal): Reply {
  return integrationError(refusal, call.occasion);
}
