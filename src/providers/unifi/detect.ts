// Finds out which of its two DNS APIs a console has, and its site. Only what was seen is believed: a console that is away says
// nothing about its APIs (facts: unifi.md 1.4).

import * as z from "zod";
import { UpstreamProtocol } from "#src/errors.ts";
import { NOT_JSON_CODE, type Reply } from "./classify.ts";
import { type ConsoleClient, isSafeId } from "./console-client.ts";
import { type ApiKind, type DnsApi, malformed } from "./dns-api.ts";
import { parsePage, readAllPages } from "./pages.ts";
import { createPoliciesApi, policiesPath } from "./policies-api.ts";
import { chooseSite, readClassicSites, readOfficialSites, type Site } from "./sites.ts";
import { createStaticDnsApi } from "./static-dns-api.ts";

export interface DetectOptions {
  readonly client: ConsoleClient;
  readonly api: "auto" | ApiKind;
  /** `console` has UniFi OS in front of the Network application, `self-hosted` has not. */
  readonly controller: "console" | "self-hosted";
  readonly site: string;
}

export interface Detected {
  readonly api: DnsApi;
  readonly site: Site;
  /** Of the Network application; `undefined` where the official API does not tell. */
  readonly version: string | undefined;
}

/** Throws UpstreamError; nothing of a failed attempt is remembered. */
export async function detect(options: DetectOptions, signal: AbortSignal): Promise<Detected> {
  const { client, api, controller } = options;
  const networkPath = controller === "console" ? "/proxy/network" : "";
  const integrationPath = `${networkPath}/integration/v1`;
  const version = await readVersion(client, integrationPath, signal);
  const site =
    version === undefined
      ? await classicSite(options, networkPath, signal)
      : await officialSite(options, integrationPath, signal);
  if (version === undefined) await confirmNone(client, integrationPath, signal);
  const siteId = version === undefined || api === "static-dns" ? undefined : site.id;
  if (siteId !== undefined && (await hasPolicies(client, policiesPath(integrationPath, siteId), signal))) {
    return { api: createPoliciesApi(client, integrationPath, siteId), site, version };
  }
  if (api === "policies") {
    const found = version === undefined ? "has no official API" : `runs Network ${version}`;
    throw notFound("unifi.no-policies", `dns/policies needs Network 10.1 or newer; the console ${found}`);
  }
  return { api: createStaticDnsApi(client, networkPath, site.reference), site, version };
}

/** Each costs an older console one request at its detection. */
const CONFIRMATIONS = 2;

/**
 * A console that starts shows its page at every path, and a stray page would cost it the better API, and every alias its update
 * in place, until the next outage: "none" is believed when it is said again and again after an answer of the older API.
 */
async function confirmNone(client: ConsoleClient, integrationPath: string, signal: AbortSignal): Promise<void> {
  for (let confirmation = 0; confirmation < CONFIRMATIONS; confirmation += 1) {
    if ((await readVersion(client, integrationPath, signal)) === undefined) continue;
    throw notFound("unifi.contradiction", "the console hid its official API for a moment; it is asked again");
  }
}

const info = z.looseObject({ applicationVersion: z.string() });

/** `undefined` when the console has no official API. A refused key throws: it says nothing about the path. */
async function readVersion(client: ConsoleClient, integrationPath: string, signal: AbortSignal) {
  const reply = await unlessNotJson(() => get(client, `${integrationPath}/info`, signal));
  if (reply === undefined || !reply.ok) return undefined;
  const read = info.safeParse(reply.body);
  if (!read.success) throw malformed("detect", "the console's version");
  return read.data.applicationVersion;
}

async function officialSite(options: DetectOptions, integrationPath: string, signal: AbortSignal): Promise<Site> {
  const items = await readAllPages(options.client, { path: `${integrationPath}/sites`, what: "sites" }, signal);
  return requireSafe(chooseSite(readOfficialSites(items), options.site));
}

/** Where there is no list of sites either, the setting is taken at its word. */
async function classicSite(options: DetectOptions, networkPath: string, signal: AbortSignal): Promise<Site> {
  const reply = await get(options.client, `${networkPath}/api/self/sites`, signal);
  const sites = reply.ok ? readClassicSites(reply.body) : undefined;
  if (reply.ok && sites === undefined) throw malformed("detect", "a list of sites");
  const asGiven = { id: undefined, reference: options.site, name: options.site };
  return requireSafe(sites === undefined ? asGiven : chooseSite(sites, options.site));
}

/** What goes into a path must be of letters and digits, whoever it comes from. */
function requireSafe(site: Site): Site {
  if (isSafeId(site.reference) && (site.id === undefined || isSafeId(site.id))) return site;
  throw malformed("detect", "a list of sites: a site's reference has odd characters");
}

async function hasPolicies(client: ConsoleClient, path: string, signal: AbortSignal): Promise<boolean> {
  const reply = await get(client, `${path}?offset=0&limit=1`, signal);
  if (reply.ok) {
    if (parsePage(reply.body) === undefined) throw malformed("detect", "a page of DNS policies");
    return true;
  }
  const { kind, status, message } = reply.refusal;
  if (kind === "not-found" || kind === "no-method") return false;
  throw notFound("unifi.unexpected-status", `the console answered ${status} to dns/policies (${message})`);
}

function get(client: ConsoleClient, path: string, signal: AbortSignal): Promise<Reply> {
  return client.send({ method: "GET", path, operation: "detect" }, signal);
}

/** Older UniFi OS answers an unknown path with its page. */
async function unlessNotJson(ask: () => Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof UpstreamProtocol && error.code === NOT_JSON_CODE) return undefined;
    throw error;
  }
}

function notFound(code: string, message: string): UpstreamProtocol {
  return new UpstreamProtocol(code, { upstream: "unifi", operation: "detect" }, message);
}
