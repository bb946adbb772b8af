// The last good state of the clusters as bytes: what their objects claim, one JSON line per record set, under the header of
// lib/sealed-lines.ts. docs/storage.md describes it to operators.

import * as z from "zod";
import { parseName } from "#src/domain/name.ts";
import { isRecordType, ORIGIN_KINDS, type Origin, type RecordSet } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { type SealedFormat, sealLines, shortened, unsealLines } from "#src/lib/sealed-lines.ts";

const FORMAT: SealedFormat = { name: "zonegate-checkpoint", version: 1 };

export interface Checkpoint {
  /** Grows by one with every write. */
  readonly generation: number;
  /** Unix milliseconds. */
  readonly savedAtMs: number;
  /** UID of each cluster by its name, "" for the only one: what another cluster once said is never answered. */
  readonly clusterUids: ReadonlyMap<string, string>;
  /** Of each view by its name: by the apex of each zone, what its filters of objects were, as text to compare. */
  readonly filters: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Claims of each view by its name, before any merging. */
  readonly claims: ReadonlyMap<string, readonly RecordSet[]>;
}

export type DecodedCheckpoint =
  | { readonly kind: "intact"; readonly checkpoint: Checkpoint }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "newer"; readonly version: number };

/** The inverse of `decodeCheckpoint`. */
export function encodeCheckpoint({ generation, savedAtMs, clusterUids, filters, claims }: Checkpoint): Uint8Array {
  const head: z.infer<typeof headSchema> = {
    clusterUids: Object.fromEntries(clusterUids),
    views: [...claims.keys()].map((name) => ({ name, filters: Object.fromEntries(filters.get(name) ?? []) })),
  };
  const sets = [...claims].flatMap(([view, recordSets]) => recordSets.map((set) => ({ view, ...set })));
  return sealLines(FORMAT, { generation, savedAtMs, lines: [head, ...sets] });
}

/** Never throws. */
export function decodeCheckpoint(bytes: Uint8Array): DecodedCheckpoint {
  const unsealed = unsealLines(FORMAT, bytes);
  if (unsealed.kind !== "intact") return unsealed;
  const { generation, savedAtMs, lines } = unsealed.content;
  const [first, ...rest] = lines;
  const head = headSchema.safeParse(first);
  if (!head.success) return { kind: "damaged", reason: "its first line does not name clusters and views" };
  const { views } = head.data;
  const claims = new Map<string, RecordSet[]>(views.map(({ name }) => [name, []]));
  for (const line of rest) {
    const read = readSet(line);
    const view = read === undefined ? undefined : claims.get(read.view);
    if (read === undefined || view === undefined) {
      return { kind: "damaged", reason: `a line is not a record set: ${shortened(JSON.stringify(line))}` };
    }
    view.push(read.set);
  }
  const clusterUids = new Map(Object.entries(head.data.clusterUids));
  const filters = new Map(views.map(({ name, filters: ofZones }) => [name, new Map(Object.entries(ofZones))]));
  return { kind: "intact", checkpoint: { generation, savedAtMs, clusterUids, filters, claims } };
}

const headSchema = z.object({
  clusterUids: z.record(z.string(), z.string()),
  views: z.array(z.object({ name: z.string(), filters: z.record(z.string(), z.string()) })),
});

const originSchema = z.object({
  kind: z.enum(ORIGIN_KINDS),
  namespace: z.string().optional(),
  name: z.string(),
  uid: z.string().optional(),
  className: z.string().optional(),
  gateways: z.array(z.string()).optional(),
  createdAtMs: z.number().optional(),
  cluster: z.string().optional(),
  clusterOrder: z.int().nonnegative().optional(),
});

const setSchema = z.object({
  view: z.string(),
  name: z.string(),
  type: z.string().refine(isRecordType),
  ttlSeconds: z.int().nonnegative().optional(),
  targets: z.array(z.string()),
  origin: originSchema,
});

function readSet(line: unknown): { readonly view: string; readonly set: RecordSet } | undefined {
  const read = setSchema.safeParse(line);
  if (!read.success) return undefined;
  const { view, type, ttlSeconds, origin } = read.data;
  const name = parseName(read.data.name);
  const targets = read.data.targets.flatMap((text) => {
    const target = canonicalTarget(type, text);
    return target.ok ? [target.value] : [];
  });
  if (!name.ok || targets.length !== read.data.targets.length) return undefined;
  return { view, set: { name: name.value, type, ttlSeconds, targets, origin: withoutUndefined(origin) } };
}

/** `exactOptionalPropertyTypes`: absent and undefined are two things. */
function withoutUndefined(origin: z.infer<typeof originSchema>): Origin {
  const { kind, name, ...more } = origin;
  return { kind, name, ...Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)) };
}
