// What the inventory tells of itself: per cluster who it is, per kind how far its watch can be believed.

import type { IdentityState } from "./identity.ts";
import type { KindWatch, Share } from "./kind-watch.ts";
import type { DropReason } from "./reflector-figures.ts";
import { apiVersionOf, type WantedResource } from "./served-resource.ts";

export interface InventoryReport {
  /** Every kind has been listed, is known to be absent or forbidden, or was waited for long enough. */
  readonly synced: boolean;
  /** Changes that whoever is told did not take; everything was told anew after each. */
  readonly handlerFailures: number;
  readonly clusters: readonly ClusterReport[];
}

interface ClusterReport {
  /** Context of the kubeconfig, or `in-cluster`. */
  readonly name: string;
  readonly identity: { readonly state: IdentityState; readonly uid: string | undefined };
  readonly kinds: readonly KindReport[];
}

type KindState = "listing" | "watching" | "parked" | "forbidden" | "failing";

export interface KindReport {
  readonly group: string;
  readonly kind: string;
  readonly state: KindState;
  /** Unix milliseconds. */
  readonly sinceMs: number;
  /** `networking.k8s.io/v1`; `undefined` until it was found. */
  readonly apiVersion: string | undefined;
  readonly objects: number;
  /** The oldest of its namespaces; Unix milliseconds, `undefined` until each has been listed. */
  readonly lastProofAtMs: number | undefined;
  readonly relists: number;
  readonly drift: number;
  readonly dropped: Readonly<Record<DropReason | "unreadable", number>>;
  readonly isHeld: boolean;
  /** Parked, and so often that it is believed: what was known of it has been given up. */
  readonly isGone: boolean;
  readonly failure: { readonly code: string; readonly message: string } | undefined;
}

/** Whether nothing more is to be expected of a kind before names are denied. */
export function isSettled(watch: KindWatch): boolean {
  if (watch.presence === "parked") return true;
  return activeShares(watch).every(({ figures }) => figures.hasListed || figures.state === "forbidden");
}

export function reportKind(wanted: WantedResource, watch: KindWatch): KindReport {
  const shares = activeShares(watch);
  const worst = shares.reduce((a, b) => (badness(b) > badness(a) ? b : a), shares[0] as Share);
  const isServed = watch.presence === "served";
  const failure = watch.failure ?? (isServed ? worst.figures.failure : undefined);
  return {
    group: wanted.group,
    kind: wanted.kind,
    state: stateOf(watch, worst),
    sinceMs: isServed ? worst.figures.sinceMs : watch.presentSinceMs,
    apiVersion: watch.served === undefined ? undefined : apiVersionOf(watch.served),
    objects: sum(shares, ({ store }) => store.size),
    lastProofAtMs: oldestProof(shares),
    relists: sum(shares, ({ figures }) => figures.relists),
    drift: sum(shares, ({ figures }) => figures.drift),
    dropped: {
      duplicate: sum(shares, ({ figures }) => figures.dropped.duplicate),
      stale: sum(shares, ({ figures }) => figures.dropped.stale),
      disorder: sum(shares, ({ figures }) => figures.dropped.disorder),
      malformed: sum(shares, ({ figures }) => figures.dropped.malformed),
      unknown: sum(shares, ({ figures }) => figures.dropped.unknown),
      unreadable: sum(shares, ({ store }) => store.unreadable),
    },
    isHeld: shares.some(({ figures }) => figures.isHeld),
    isGone: watch.isGone,
    failure: failure === undefined ? undefined : { code: failure.code, message: failure.message },
  };
}

const BADNESS = { watching: 0, listing: 1, forbidden: 2, failing: 3 } as const;

function badness({ figures }: Share): number {
  return BADNESS[figures.state];
}

function activeShares({ served, shares }: KindWatch): readonly Share[] {
  return served?.isNamespaced === false ? shares.slice(0, 1) : shares;
}

function stateOf({ presence }: KindWatch, worst: Share): KindState {
  if (presence === "asking") return "listing";
  return presence === "served" ? worst.figures.state : presence;
}

function oldestProof(shares: readonly Share[]): number | undefined {
  const proofs = shares.flatMap(({ figures }) => figures.lastProofAtMs ?? []);
  return proofs.length < shares.length ? undefined : Math.min(...proofs);
}

function sum(shares: readonly Share[], figure: (share: Share) => number): number {
  return shares.reduce((total, share) => total + figure(share), 0);
}
