// What an explanation is made from: a picture of both halves at one moment. Plain data and one look-up.

import type { ZoneProblem } from "#src/dns/compile.ts";
import type { Snapshot } from "#src/dns/snapshot.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import type { SourceName } from "#src/domain/source-name.ts";
import type { StoredRecord } from "#src/providers/provider.ts";
import type { Conflict } from "#src/sources/merge.ts";
import type { SourceProblem } from "#src/sources/source.ts";

/** What is answered and what it was made from. */
export interface AnswersFacts {
  /** What is served now. */
  readonly snapshot: Snapshot;
  /** Whether names may be denied (docs/decisions.md 16). */
  readonly ready: boolean;
  /** Contributors that have not been read. */
  readonly waitingFor: readonly string[];
  /** Of every origin, before any merging. */
  readonly claimsAt: (name: DomainName) => readonly RecordSet[];
  readonly conflicts: readonly Conflict[];
  readonly zoneProblems: readonly ZoneProblem[];
}

/** Of the reading half. */
export interface ReadingFacts extends AnswersFacts {
  /** Apexes of the settings, served yet or not. */
  readonly zones: readonly DomainName[];
  /** Problems of objects that concern one name. */
  readonly problemsAbout: (name: DomainName) => readonly SourceProblem[];
  /** Names that neither an object nor a wildcard may have. */
  readonly protectedNames: ReadonlySet<DomainName>;
  /** Files of manifests that cannot be read. */
  readonly unreadableFiles: readonly string[];
  /** Kinds that are read from clusters; empty where none is read. */
  readonly kinds: readonly KindFacts[];
  readonly kindsOn: readonly SourceName[];
  /** Those alone whose objects are read from clusters; empty: all. */
  readonly namespaces: readonly string[];
  readonly readsManifests: boolean;
  /** Of the checkpoint that is answered from; `undefined` when none is. */
  readonly recalledAtMs: number | undefined;
}

/** How far one kind of one cluster can be believed. */
export interface KindFacts {
  readonly group: string;
  readonly kind: string;
  /** As origins have it; absent where there is one. */
  readonly cluster?: string;
  readonly state: "listing" | "watching" | "parked" | "forbidden" | "failing";
  /** Unix milliseconds; absent until all of it has been read once. */
  readonly lastProofAtMs?: number;
  readonly failure?: string;
}

/** Of the writing half. */
export interface StoredFacts {
  readonly provider: string;
  readonly records: readonly StoredRecord[];
  /** Why they could not be listed. */
  readonly problem?: string;
}

export interface ExplainFacts {
  /** `undefined`: the mode answers no DNS. */
  readonly reading: ReadingFacts | undefined;
  /** The name of the view that is asked about, "" for that of everybody, and what the others answer. */
  readonly view: string;
  readonly otherViews: readonly { readonly view: string; readonly reading: ReadingFacts }[];
  /** `undefined`: the mode keeps no records. */
  readonly stored: StoredFacts | undefined;
}
