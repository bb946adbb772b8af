// Which kinds of objects could not be read, are not read, or have not been read lately: what a name may be missing for, or old.

import { SOURCE_NAMES, type SourceName } from "#src/domain/source-name.ts";
import type { Explanation } from "#src/ops/explanation.ts";
import type { KindFacts, ReadingFacts } from "./facts.ts";

type Hint = Explanation["hints"][number];

export interface KindQuestion {
  readonly isAnswered: boolean;
  /** Nothing else says why it is not. */
  readonly isUnclaimed: boolean;
  /** Of those who claim it. */
  readonly claimants: readonly { readonly kind: string; readonly cluster?: string; readonly isStale: boolean }[];
}

export function kindHints(question: KindQuestion, reading: ReadingFacts): readonly Hint[] {
  const { isAnswered, isUnclaimed } = question;
  return [
    ...staleHints(question, reading),
    ...(isAnswered ? [] : unreadHints(reading.kinds)),
    ...(isUnclaimed ? [...absentHints(reading.kinds), ...offHints(reading), ...namespaceHints(reading)] : []),
  ];
}

function staleHints({ isAnswered, claimants }: KindQuestion, { kinds, recalledAtMs }: ReadingFacts): readonly Hint[] {
  const hints: Hint[] = [];
  const recalled = [...new Set(claimants.filter(({ isStale }) => isStale).map(({ kind }) => kind))];
  if (recalled.length > 0) {
    const since = recalledAtMs === undefined ? "an earlier run" : timeText(recalledAtMs);
    const text = `Answered from the checkpoint of ${since}: what ${recalled.join(" and ")} needs has not been read again since the start.`;
    hints.push({ code: "checkpoint.stale", text });
  }
  const old = kinds.filter(
    (kind) =>
      kind.lastProofAtMs !== undefined &&
      (kind.state === "failing" || kind.state === "forbidden") &&
      claimants.some((claimant) => claimant.kind === kind.kind && claimant.cluster === kind.cluster),
  );
  for (const kind of isAnswered ? old : []) {
    const text = `${kindText(kind)} cannot be read now (${failureText(kind)}): what the cluster said until ${timeText(kind.lastProofAtMs)} is answered.`;
    hints.push({ code: "kind.stale", text });
  }
  return hints;
}

const UNREAD: Readonly<Record<"forbidden" | "failing" | "listing", readonly [code: string, remedy: string]>> = {
  forbidden: ["kind.forbidden", "Give the service account the verbs list and watch for it (docs/cluster.md)."],
  failing: ["kind.failing", "It is tried again by itself."],
  listing: ["kind.unread", "It is being read for the first time."],
};

/** A kind that was read once may still lack what came since. */
function unreadHints(kinds: readonly KindFacts[]): readonly Hint[] {
  return kinds.flatMap((kind) => {
    const { state } = kind;
    if (state === "watching" || state === "parked") return [];
    if (state === "listing" && kind.lastProofAtMs !== undefined) return [];
    const [code, remedy] = UNREAD[state];
    return [{ code, text: `${kindText(kind)} cannot be read: ${failureText(kind)}. ${remedy}` }];
  });
}

function absentHints(kinds: readonly KindFacts[]): readonly Hint[] {
  const parked = kinds.filter(({ state }) => state === "parked");
  if (parked.length === 0) return [];
  const text = `The cluster does not have these kinds, so no object of theirs can give a name: ${parked.map(kindText).join(", ")}. Where there should be such objects, install their definitions (CRDs).`;
  return [{ code: "kind.absent", text }];
}

function offHints({ kindsOn, kinds, readsManifests }: ReadingFacts): readonly Hint[] {
  const off = SOURCE_NAMES.filter((name: SourceName) => !kindsOn.includes(name));
  if (off.length === 0 || (kinds.length === 0 && !readsManifests)) return [];
  return [
    {
      code: "kind.off",
      text: `Switched off, so objects of these kinds give no name (sources.kinds): ${off.join(", ")}.`,
    },
  ];
}

function namespaceHints({ namespaces }: ReadingFacts): readonly Hint[] {
  if (namespaces.length === 0) return [];
  const text = `Objects are read in these namespaces alone (kubernetes.namespaces): ${namespaces.join(", ")}.`;
  return [{ code: "namespaces.some", text }];
}

function kindText({ kind, group, cluster }: KindFacts): string {
  const named = group === "" ? kind : `${kind} (${group})`;
  return cluster === undefined ? named : `${named} in cluster ${cluster}`;
}

function failureText({ state, failure }: KindFacts): string {
  if (failure === undefined) return state === "listing" ? "not listed yet" : state;
  return state === "forbidden" ? `forbidden, ${failure}` : failure;
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? "an unknown time" : new Date(ms).toISOString();
}
