// Asks an API server whether it has a kind, and under which version and plural. Keeps nothing.

import * as z from "zod";
import type { ApiClient } from "./client.ts";
import { ApiFailure } from "./failure.ts";
import type { ServedResource, WantedResource } from "./served-resource.ts";

/** `undefined` when the server has no such kind. Rejects with ApiFailure when it does not say. */
export async function discover(
  client: ApiClient,
  wanted: WantedResource,
  signal: AbortSignal,
): Promise<ServedResource | undefined> {
  for (const version of await versionsOf(client, wanted, signal)) {
    const resource = await findKind(client, { ...wanted, version }, signal);
    if (resource !== undefined) return resource;
  }
  return undefined;
}

const groupSchema = z.object({
  versions: z.array(z.object({ version: z.string().min(1) })),
  preferredVersion: z.object({ version: z.string().min(1) }).nullish(),
});
const resourcesSchema = z.object({
  resources: z
    .array(z.object({ name: z.string().min(1), kind: z.string(), namespaced: z.boolean(), verbs: z.array(z.string()) }))
    .nullish(),
});

/** In the order of our wish, else of the server's. */
async function versionsOf(
  client: ApiClient,
  { group, versions }: WantedResource,
  signal: AbortSignal,
): Promise<readonly string[]> {
  // The core group has one version, and no list of them that says more.
  if (group === "") return versions ?? ["v1"];
  const answer = await orMissing(client.getJson(`/apis/${encodeURIComponent(group)}`, signal));
  if (answer === undefined) return [];
  const parsed = groupSchema.safeParse(answer);
  if (!parsed.success) throw new ApiFailure("malformed", `the answer about group ${group} lists no versions`);
  const preferred = parsed.data.preferredVersion?.version;
  const served = new Set([
    ...(preferred === undefined ? [] : [preferred]),
    ...parsed.data.versions.map(({ version }) => version),
  ]);
  return versions === undefined ? [...served] : versions.filter((version) => served.has(version));
}

async function findKind(
  client: ApiClient,
  { group, kind, version }: { readonly group: string; readonly kind: string; readonly version: string },
  signal: AbortSignal,
): Promise<ServedResource | undefined> {
  const root = group === "" ? "/api" : `/apis/${encodeURIComponent(group)}`;
  const answer = await orMissing(client.getJson(`${root}/${encodeURIComponent(version)}`, signal));
  if (answer === undefined) return undefined;
  const parsed = resourcesSchema.safeParse(answer);
  if (!parsed.success) throw new ApiFailure("malformed", `the answer about ${group} ${version} lists no resources`);
  // With a slash: a part of an object, such as ingresses/status.
  const found = parsed.data.resources?.find(
    (resource) => resource.kind === kind && !resource.name.includes("/") && resource.verbs.includes("watch"),
  );
  if (found === undefined) return undefined;
  return { group, version, kind, plural: found.name, isNamespaced: found.namespaced };
}

async function orMissing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === "missing") return undefined;
    throw error;
  }
}
