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
  /** By name, "" for the only one. */
  readonly clusters: ReadonlyMap<string, KnownCluster>;
  readonly views: ReadonlyMap<string, KnownView>;
}

export interface KnownCluster {
  /** Of the namespace kube-system, "" where it may not be read: what another cluster once said is never answered. */
  readonly uid: string;
  /** Kinds that it did not have, as `group/kind`. */
  readonly absentKinds: readonly string[];
}

export interface KnownView {
  /** What decided which objects it shows, as text: what was let in by other filters is never answered. */
  readonly filters: string;
  /** Before any merging. */
  readonly claims: readonly KnownClaim[];
}

export interface KnownClaim {
  readonly set: RecordSet;
  /** Unix milliseconds: when its cluster last said so. */
  readonly knownAtMs: number;
}

export type DecodedCheckpoint =
  | { readonly kind: "intact"; readonly checkpoint: Checkpoint }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "newer"; readonly version: number };

/** The inverse of `decodeCheckpoint`. */
export function encodeCheckpoint({ generation, savedAtMs, clusters, views }: Checkpoint): Uint8Array {
  const head: z.infer<typeof headSchema> = {
    clusters: [...clusters].map(([name, { uid, absentKinds }]) => ({ name, uid, absentKinds: [...absentKinds] })),
    views: [...views].map(([name, { filters }]) => ({ name, filters })),
  };
  const lines = [...views].flatMap(([view, { claims }]) =>
    claims.map(({ set, knownAtMs }) => ({ view, knownAtMs, ...set })),
  );
  return sealLines(FORMAT, { generation, savedAtMs, lines: [head, ...lines] });
}

/** Never throws. */
export function decodeCheckpoint(bytes: Uint8Array): DecodedCheckpoint {
  const unsealed = unsealLines(FORMAT, bytes);
  if (unsealed.kind !== "intact") return unsealed;
  const { generation, savedAtMs, lines } = unsealed.content;
  const [first, ...rest] = lines;
  const head = headSchema.safeParse(first);
  if (!head.success) return { kind: "damaged", reason: "its first line does not name clusters and views" };
  const claims = new Map<string, KnownClaim[]>(head.data.views.map(({ name }) => [name, []]));
  for (const line of rest) {
    const read = readClaim(line);
    const ofView = read === undefined ? undefined : claims.get(read.view);
    if (read === undefined || ofView === undefined) {
      return { kind: "damaged", reason: `a line is not a record set: ${shortened(JSON.stringify(line))}` };
    }
    ofView.push(read.claim);
  }
  const clusters = new Map(head.data.clusters.map(({ name, ...known }) => [name, known]));
  const views = new Map(
    head.data.views.map(({ name, filters }) => [name, { filters, claims: claims.get(name) ?? [] }]),
  );
  return { kind: "intact", checkpoint: { generation, savedAtMs, clusters, views } };
}

const headSchema = z.object({
  clusters: z.array(z.object({ name: z.string(), uid: z.string(), absentKinds: z.array(z.string()) })),
  views: z.array(z.object({ name: z.string(), filters: z.string() })),
});

const originSchema = z.object({
  kind: z.enum(ORIGIN_KINDS),
  namespace: z.string().optional(),
  name: z.string(),
  uid: z.string().optional(),
  className: z.string().optional(),
  createdAtMs: z.number().optional(),
  cluster: z.string().optional(),
  clusterOrder: z.int().nonnegative().optional(),
});

const lineSchema = z.object({
  view: z.string(),
  knownAtMs: z.number(),
  name: z.string(),
  type: z.string().refine(isRecordType),
  ttlSeconds: z.int().nonnegative().optional(),
  targets: z.array(z.string()),
  origin: originSchema,
});

function readClaim(line: unknown): { readonly view: string; readonly claim: KnownClaim } | undefined {
  const read = lineSchema.safeParse(line);
  if (!read.success) return undefined;
  const { view, knownAtMs, type, ttlSeconds, origin } = read.data;
  const name = parseName(read.data.name);
  const targets = read.data.targets.flatMap((text) => {
    const target = canonicalTarget(type, text);
    return target.ok ? [target.value] : [];
  });
  if (!name.ok || targets.length !== read.data.targets.length) return undefined;
  const set = { name: name.value, type, ttlSeconds, targets, origin: withoutUndefined(origin) };
  return { view, claim: { set, knownAtMs } };
}

/** `exactOptionalPropertyTypes`: absent and undefined are two things. */
function withoutUndefined(origin: z.infer<typeof originSchema>): Origin {
  const { kind, name, ...more } = origin;
  return { kind, name, ...Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)) };
}
