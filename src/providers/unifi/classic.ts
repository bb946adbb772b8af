// What is read from the classic API: the sites there are, and the version where nothing else tells it (facts: unifi.md 1.1.1).

import * as z from "zod";
import { UpstreamProtocol, UpstreamRejected } from "#src/errors.ts";
import { NOT_JSON_CODE } from "./classify.ts";
import { type ConsoleClient, isSafeId } from "./console-client.ts";
import { malformed } from "./dns-api.ts";
import { chooseSite, readClassicSites, type Site } from "./sites.ts";

/** Where there is no list of sites either, the setting is taken at its word. */
export async function classicSite(
  { client, site }: { readonly client: ConsoleClient; readonly site: string },
  networkPath: string,
  signal: AbortSignal,
): Promise<Site> {
  const call = { method: "GET", path: `${networkPath}/api/self/sites`, operation: "detect" } as const;
  const reply = await client.send(call, signal);
  const sites = reply.ok ? readClassicSites(reply.body) : undefined;
  if (reply.ok && sites === undefined) throw malformed("detect", "a list of sites");
  const asGiven = { id: undefined, reference: site, name: site };
  return requireSafe(sites === undefined ? asGiven : chooseSite(sites, site));
}

/** What goes into a path must be of letters and digits, whoever it comes from. */
export function requireSafe(site: Site): Site {
  if (isSafeId(site.reference) && (site.id === undefined || isSafeId(site.id))) return site;
  throw malformed("detect", "a list of sites: a site's reference has odd characters");
}

const systemInfo = z.object({ data: z.tuple([z.looseObject({ version: z.string() })], z.unknown()) });
const statusPage = z.object({ meta: z.looseObject({ server_version: z.string() }) });

/** `undefined` when this access may read neither place: records can be written without knowing the version. */
export async function readClassicVersion(
  client: ConsoleClient,
  { networkPath, site }: { readonly networkPath: string; readonly site: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const info = systemInfo.safeParse(await readIfAllowed(client, `${networkPath}/api/s/${site}/stat/sysinfo`, signal));
  if (info.success) return info.data.data[0].version;
  const status = statusPage.safeParse(await readIfAllowed(client, `${networkPath}/status`, signal));
  return status.data?.meta.server_version;
}

async function readIfAllowed(client: ConsoleClient, path: string, signal: AbortSignal): Promise<unknown> {
  try {
    const reply = await client.send({ method: "GET", path, operation: "detect" }, signal);
    return reply.ok ? reply.body : undefined;
  } catch (error) {
    const isForbidden = error instanceof UpstreamRejected && error.code === "unifi.permission";
    const isPage = error instanceof UpstreamProtocol && error.code === NOT_JSON_CODE;
    if (isForbidden || isPage) return undefined;
    throw error;
  }
}
