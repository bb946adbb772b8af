// Finds out which of its two DNS APIs a console has, and its site. Only what was seen is believed: a console that is away says
// nothing about its APIs (facts: unifi.md 1.4). The official one takes API keys only, so a session never looks for it.

import * as z from "zod";
import { UpstreamProtocol } from "#src/errors.ts";
import type { ConsoleAccess } from "./access.ts";
import { classicSite, readClassicVersion, requireSafe } from "./classic.ts";
import { NOT_JSON_CODE, type Reply } from "./classify.ts";
import type { ConsoleClient } from "./console-client.ts";
import { type ApiKind, type DnsApi, malformed } from "./dns-api.ts";
import type { Controller } from "./front.ts";
import { parsePage, readAllPages } from "./pages.ts";
import { createPoliciesApi, policiesPath } from "./policies-api.ts";
import { chooseSite, readOfficialSites, type Site } from "./sites.ts";
import { createStaticDnsApi } from "./static-dns-api.ts";

export interface DetectOptions {
  readonly client: ConsoleClient;
  readonly means: ConsoleAccess["means"];
  readonly api: "auto" | ApiKind;
  readonly controller: Controller;
  readonly site: string;
}

export interface Detected {
  readonly api: DnsApi;
  readonly site: Site;
  /** Of the Network application; `undefined` where it does not tell. */
  readonly version: string | undefined;
}

/** Throws UpstreamError; nothing of a failed attempt is remembered. */
export async function detect(options: DetectOptions, signal: AbortSignal): Promise<Detected> {
  const { client, api, controller, means } = options;
  const networkPath = controller === "console" ? "/proxy/network" : "";
  if (means === "session") return detectByLogin(options, networkPath, signal);
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

async function detectByLogin(options: DetectOptions, networkPath: string, signal: AbortSignal): Promise<Detected> {
  const { client, api } = options;
  if (api === "policies")
    throw notFound("unifi.no-policies", "dns/policies takes an API key, and there is a login only");
  const site = await classicSite(options, networkPath, signal);
  const version = await readClassicVersion(client, { networkPath, site: site.reference }, signal);
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
