// How far each cluster has been read: what the memory of the clusters before needs of a report.

import type { ClusterFeedReport } from "./cluster-feed.ts";

/** `group/kind`, as `kindText` has it. */
export interface KindsOfSource {
  readonly own: string;
  /** What it looks up besides. */
  readonly lookups: readonly string[];
}

export interface ReadCluster {
  /** `undefined` until it was read, or where it may not be. */
  readonly uid: string | undefined;
  /** Kinds that it does not have by its last answer. */
  readonly absentKinds: ReadonlySet<string>;
  /** The kind was listed, or has been absent so often that it is believed: what was known of it before is no help. */
  isRead(kind: string): boolean;
  /** Unix milliseconds of the last proof of each kind that was read. */
  readonly provenAtMs: ReadonlyMap<string, number>;
}

/** By name, "" for the only one, however it is reached. */
export function readClusters({ clusters }: Pick<ClusterFeedReport, "clusters">): ReadonlyMap<string, ReadCluster> {
  return new Map(
    clusters.map(({ name, identity, kinds }) => {
      const gone = new Set(kinds.filter(({ isGone }) => isGone).map(kindText));
      const provenAtMs = new Map(
        kinds.flatMap((kind) =>
          kind.lastProofAtMs === undefined ? [] : [[kindText(kind), kind.lastProofAtMs] as const],
        ),
      );
      return [
        clusters.length === 1 ? "" : name,
        {
          uid: identity.uid,
          absentKinds: new Set(kinds.filter(({ state }) => state === "parked").map(kindText)),
          isRead: (kind: string) => provenAtMs.has(kind) || gone.has(kind),
          provenAtMs,
        },
      ];
    }),
  );
}

export function kindText({ group, kind }: { readonly group: string; readonly kind: string }): string {
  return `${group}/${kind}`;
}
