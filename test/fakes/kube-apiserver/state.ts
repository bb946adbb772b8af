// Everything an API server is made of, shared by its parts.

import type { Random } from "#test/support/random.ts";
import type { Catalogue } from "./catalogue.ts";
import type { FaultPlan } from "./faults.ts";
import type { KubeTime } from "./kube-time.ts";
import type { RequestLog } from "./request-log.ts";
import type { ObjectStore } from "./store.ts";
import type { Tokens } from "./tokens.ts";

export interface ServerOptions {
  /** Whether requests without a token are somebody (`system:anonymous`) or 401. */
  readonly allowsAnonymous: boolean;
  readonly bookmarkEveryMs: number;
  /** A watch that names no time-out lasts one to two times this. */
  readonly minRequestTimeoutMs: number;
  /** History is kept for one to two times this, as etcd's is; infinite: until `compact()`. */
  readonly compactEveryMs: number;
  /** What `/version` says: `v1.35.2`. */
  readonly gitVersion: string;
}

export interface ClusterState {
  readonly store: ObjectStore;
  readonly catalogue: Catalogue;
  readonly tokens: Tokens;
  readonly faults: FaultPlan;
  readonly log: RequestLog;
  readonly time: KubeTime;
  readonly random: Random;
  readonly options: ServerOptions;
}

/** `2026-01-01T00:00:00Z`, as metav1.Time is written. */
export function timestamp({ time }: Pick<ClusterState, "time">): string {
  return `${new Date(time.nowMs()).toISOString().slice(0, 19)}Z`;
}

/** A version 4 UUID (RFC 9562) from the server's own random numbers. */
export function newUid({ random }: Pick<ClusterState, "random">): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => random.below(256)));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
