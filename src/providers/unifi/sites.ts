// Finds the site that a setting names, be it by UUID, short name or the name people see (facts: unifi.md 1.3).

import * as z from "zod";
import { UpstreamRejected } from "#src/errors.ts";

export interface Site {
  /** UUID for the official API; `undefined` where only the legacy one exists. */
  readonly id: string | undefined;
  /** Short name for the legacy API: "default". */
  readonly reference: string;
  readonly name: string;
}

const officialSite = z.looseObject({ id: z.string(), internalReference: z.string(), name: z.string().catch("") });
const classicSites = z.looseObject({
  data: z.array(z.looseObject({ name: z.string(), desc: z.string().optional().catch(undefined) })),
});

/** Items of the official API's list; those without an id and a reference are left out. */
export function readOfficialSites(items: readonly unknown[]): readonly Site[] {
  return items.flatMap((item) => {
    const site = officialSite.safeParse(item).data;
    return site === undefined ? [] : [{ id: site.id, reference: site.internalReference, name: site.name }];
  });
}

/** The classic list; `undefined` when it is none. */
export function readClassicSites(body: unknown): readonly Site[] | undefined {
  const sites = classicSites.safeParse(body).data?.data;
  return sites?.map(({ name, desc }) => ({ id: undefined, reference: name, name: desc ?? name }));
}

/** Throws UpstreamRejected, naming the sites there are, when none or several fit. */
export function chooseSite(sites: readonly Site[], wanted: string): Site {
  const exact = sites.filter(({ id, reference }) => reference === wanted || id === wanted.toLowerCase());
  const named = sites.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const [site, ...others] = exact.length > 0 ? exact : named;
  if (site !== undefined && others.length === 0) return site;
  const known = sites.map(({ reference, name }) => `${reference} ("${name}")`).join(", ");
  const problem = site === undefined ? `there is no site "${wanted}"` : `several sites are called "${wanted}"`;
  const where = { upstream: "unifi", operation: "detect" };
  throw new UpstreamRejected("unifi.site", where, `${problem}; there are: ${known === "" ? "none" : known}`);
}
