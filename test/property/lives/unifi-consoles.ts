// The consoles that random lives run against, how each is opened, and what can go wrong there.

import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { PROFILES, type ProfileName } from "#test/fakes/unifi-console/profiles.ts";

/** Which console, and how it is opened. */
export type SequenceApi = keyof typeof CONSOLES;

const CONSOLES = {
  "dns/policies": { profile: "udm-10.4", canUpdate: true },
  "static-dns": { profile: "udm-9.4", canUpdate: false },
  "static-dns by login": { profile: "udm-8.2", canUpdate: false },
  "static-dns without checks by login": { profile: "udm-4.2.4-loose", canUpdate: false },
} as const satisfies Readonly<Record<string, { profile: ProfileName; canUpdate: boolean }>>;

export const SEQUENCE_APIS = Object.keys(CONSOLES) as readonly SequenceApi[];

/** All that can be told from a right answer sooner or later. */
const KINDS: readonly FaultAction["kind"][] = [
  "answer",
  "refuse",
  "reset",
  "silence",
  "late-write",
  "truncate",
  "login-page",
  "page",
  "odd-item",
  "close-idle",
];

/** What can happen to a session too; of no weight to a key. */
const SESSION_KINDS: readonly FaultAction["kind"][] = [
  "session-lost",
  "csrf-stale",
  "login-limit",
  "login-without-session",
];

export interface SequenceConsole {
  readonly profile: ProfileName;
  /** Without a doubt about updates in place: the legacy API has it on some builds only, and a refused PUT looks like one. */
  readonly canUpdate: boolean;
  /** Upgrades are of consoles with a key: the newer profiles of the emulator would need the same login. */
  readonly isByKey: boolean;
  readonly kinds: readonly FaultAction["kind"][];
}

export function sequenceConsole(api: SequenceApi): SequenceConsole {
  const { profile, canUpdate } = CONSOLES[api];
  const isByKey = PROFILES[profile].apiKeys;
  return { profile, canUpdate, isByKey, kinds: isByKey ? KINDS : [...KINDS, ...SESSION_KINDS] };
}
