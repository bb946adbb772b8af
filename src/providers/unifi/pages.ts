// Reads every page of a list of the official API, or none: a list that changed while it was read is read once more, and then
// given up (facts: unifi.md 1.2.2).

import * as z from "zod";
import { UpstreamProtocol } from "#src/errors.ts";
import type { ConsoleClient } from "./console-client.ts";
import { listRefused, malformed } from "./dns-api.ts";

/** The most that any build gives at once; more is cut silently on some and refused on others. */
const PAGE_LIMIT = 200;
/** Records of one site; a larger total is a mistake, or somebody's way to keep us reading. */
const MAX_ITEMS = 100_000;
const MAX_READS = 2;

const pageSchema = z.object({
  offset: z.number(),
  limit: z.number(),
  count: z.number(),
  totalCount: z.number().int().min(0).max(MAX_ITEMS),
  data: z.array(z.unknown()),
});

export type Page = z.infer<typeof pageSchema>;

/** `undefined` when the body is no page: an empty object is an error, never an empty list. */
export function parsePage(body: unknown): Page | undefined {
  return pageSchema.safeParse(body).data;
}

/** `path` has no query; `what` names the items in errors. Throws UpstreamError. */
export async function readAllPages(
  client: ConsoleClient,
  { path, what }: { readonly path: string; readonly what: string },
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  for (let read = 0; read < MAX_READS; read += 1) {
    const items = await readOnce(client, { path, what }, signal);
    if (items !== undefined) return items;
  }
  const where = { upstream: "unifi", operation: "list" };
  throw new UpstreamProtocol("unifi.torn-list", where, `the list of ${what} changes while it is read`);
}

/** `undefined` when the pages do not fit together. */
async function readOnce(
  client: ConsoleClient,
  { path, what }: { readonly path: string; readonly what: string },
  signal: AbortSignal,
): Promise<readonly unknown[] | undefined> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  let total: number | undefined;
  while (total === undefined || items.length < total) {
    const query = `?offset=${items.length}&limit=${PAGE_LIMIT}`;
    const reply = await client.send({ method: "GET", path: path + query, operation: "list" }, signal);
    if (!reply.ok) throw listRefused(reply.refusal, what);
    const page = parsePage(reply.body);
    if (page === undefined) throw malformed("list", `a page of ${what}`);
    total ??= page.totalCount;
    const isTorn = page.totalCount !== total || (page.data.length === 0 && items.length < total);
    if (isTorn || !page.data.every((item) => isNew(item, seen))) return undefined;
    items.push(...page.data);
  }
  return items.length === total ? items : undefined;
}

/** The very same item twice is a page that slid; two different items under one id are only unusable ids. */
function isNew(item: unknown, seen: Set<string>): boolean {
  const text = JSON.stringify(item);
  if (seen.has(text)) return false;
  seen.add(text);
  return true;
}
