// What an explanation has to know of the kinds that are read, the same for every view.

import type { ClusterFeedReport } from "#src/app/cluster-feed.ts";
import type { KindFacts, ReadingFacts } from "./facts.ts";

export type KindsFacts = Pick<ReadingFacts, "kinds" | "kindsOn" | "namespaces" | "readsManifests" | "recalledAtMs">;

/** Of every cluster; `report` is `undefined` where none is read. */
export function kindFactsOf(report: ClusterFeedReport | undefined): readonly KindFacts[] {
  const clusters = report?.clusters ?? [];
  return clusters.flatMap(({ name, kinds }) =>
    kinds.map(({ group, kind, state, lastProofAtMs, failure }) => ({
      group,
      kind,
      state,
      ...(clusters.length === 1 ? {} : { cluster: name }),
      ...(lastProofAtMs === undefined ? {} : { lastProofAtMs }),
      ...(failure === undefined ? {} : { failure: failure.message }),
    })),
  );
}
