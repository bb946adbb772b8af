// What one emulated console is at this moment; handlers read and change it, the network layer does not.

import type { Access } from "./access.ts";
import type { Profile, ProfileName, Switches } from "./profiles.ts";
import type { FakeRecord, Ids, Site } from "./records.ts";
import type { ConsoleTime } from "./time.ts";

export interface ConsoleState {
  profileName: ProfileName;
  profile: Profile;
  switches: Switches;
  sites: readonly Site[];
  /** What the lists go on showing for a while, by site (fault "stale-lists", or an empty list after a reboot). */
  readonly shownLists: Map<Site, ShownList>;
  readonly access: Access;
  readonly ids: Ids;
  readonly time: ConsoleTime;
  /** Shuffles lists and nothing else. */
  readonly shuffle: <T>(items: readonly T[]) => readonly T[];
}

interface ShownList {
  readonly untilMs: number;
  readonly records: readonly FakeRecord[];
}

/** One HTTP request, read whole. */
export interface ConsoleRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What a fault makes of a list before it is written. */
export interface ListDistortion {
  readonly records?: (records: readonly FakeRecord[]) => readonly FakeRecord[];
  readonly page?: PageEffect;
}

export type PageEffect = "empty" | "short" | "total-changes" | "repeated-id";

/** The records a list shows now: the store's, unless a fault makes it stale. */
export function listedRecords(state: ConsoleState, site: Site, distortion: ListDistortion): readonly FakeRecord[] {
  const shown = state.shownLists.get(site);
  const isStale = shown !== undefined && shown.untilMs > state.time.nowMs();
  const records = isStale ? shown.records : site.records;
  const distorted = distortion.records?.(records) ?? records;
  return state.switches.listOrder === "shuffled" ? state.shuffle(distorted) : distorted;
}
