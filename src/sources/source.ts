// What a source is: one kind of cluster object, read into record sets. The catalog keeps the objects; a source keeps nothing.

import type { ZodType } from "zod";
import { type ClusterObject, keyOf, type ObjectKey } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { DEFAULT_KIND_OPTIONS, type KindOptions } from "./kind-options.ts";

/** A kind of object, whatever its version. */
export type Resource = Pick<ObjectKey, "group" | "kind">;

/** What is read of one kind: everything else of an object is let go of when it arrives (`trim.ts`). */
export interface ObjectShape extends Resource {
  /** Schemas that strip what nobody reads. Absent: nothing of that part is read. */
  readonly spec?: ZodType;
  readonly status?: ZodType;
  /** Makes annotations smaller that are read only in part; again on its own result it changes nothing. */
  readonly keepAnnotations?: (annotations: Annotations) => Annotations;
}

type Annotations = ClusterObject["metadata"]["annotations"];

/** One kind that gives names. Pure; never throws for a bad object. */
export interface Source {
  readonly resource: Resource;
  readonly shape: Omit<ObjectShape, keyof Resource>;
  /** Kinds that `toRecords` looks up besides its own object. */
  readonly lookups: readonly ObjectShape[];
  /**
   * Objects whose change may change this object's records, so that a change recomputes only what it touches. The name
   * `ANY_NAME` stands for every object of that kind in that namespace.
   */
  references(object: ClusterObject, options: SourceOptions): readonly Reference[];
  toRecords(object: ClusterObject, context: SourceContext): SourceResult;
  /**
   * Why an object without records and without problems gives no name: nothing to report of it, but a word to somebody who
   * asks for a name that it might have been meant to give.
   */
  whyNothing?(object: ClusterObject): readonly SourceProblem[];
}

/** An object that may or may not be there, in the cluster of whoever refers to it. */
export type Reference = Pick<ObjectKey, "group" | "kind" | "namespace" | "name">;

export interface SourceResult {
  readonly recordSets: readonly RecordSet[];
  readonly problems: readonly SourceProblem[];
  /** `drop`: addresses that are gone are not answered any longer. Absent: they are held a while (held-addresses.ts). */
  readonly whenLost?: "drop";
}

/** No records, and why. */
export function rejected(object: ClusterObject, code: ProblemCode, reason: string): SourceResult {
  return { recordSets: [], problems: [{ code, object: keyOf(object), reason }] };
}

/** In `references`: any object of the kind in the namespace, or in all when the namespace is it too. No Kubernetes name holds a star. */
export const ANY_NAME = "*";

/** Why a name is absent, or is not answered as its object says. Feeds `zonegate explain`. */
export interface SourceProblem {
  readonly code: ProblemCode;
  readonly object: ObjectKey;
  /** The name concerned, as written or made absolute; absent when the whole object is. */
  readonly hostname?: string;
  /** One sentence for a person. */
  readonly reason: string;
}

/** Stable: part of the public interface of `explain`. */
export type ProblemCode =
  | "object.failed"
  | "object.invalid"
  | "object.ignored"
  | "class.unwatched"
  | "service.type"
  | "service.unselected"
  | "network.invalid"
  | "network.none"
  | "rule.invalid"
  | "rule.pattern"
  | "endpoint.invalid"
  | "endpoint.identifier"
  | "host.none"
  | "host.invalid"
  | "host.outside"
  | "host.protected"
  | "host.forbidden"
  | "host.limit"
  | "address.none"
  | "address.held"
  | "address.invalid"
  | "cname.apex"
  | "cname.self"
  | "ttl.invalid"
  | "names.limit"
  | "name.held"
  | "parent.kind"
  | "parent.unknown"
  | "section.unknown"
  | "listener.mismatch"
  | "route.unaccepted"
  | "gateway.unwatched";

/** What a source may look up besides its own object. */
export interface SourceContext {
  readonly options: SourceOptions;
  readonly lookup: Lookup;
}

/** Objects of the kinds in `lookups`, of the cluster that the object at hand comes from. */
export interface Lookup {
  get(reference: Reference): ClusterObject | undefined;
  /** Of one kind in one namespace ("" for kinds that live in none), in no stated order. */
  list(resource: Resource, namespace: string): readonly ClusterObject[];
}

export interface SourceOptions {
  readonly zones: readonly SourceZone[];
  /** With the final slash; the first one that carries a `target` or `ttl` decides, hostnames of all are joined. */
  readonly annotationPrefixes: readonly string[];
  /** Names that no object may claim. */
  readonly protectedNames: ReadonlySet<DomainName>;
  /** Whether objects may claim `*.x`. */
  readonly allowWildcards: boolean;
  /**
   * Suffixes a namespace may claim names at and below. `ANY_NAME` is every namespace that is not listed; without it such a one
   * may claim any name. Objects that live in no namespace are not bound.
   */
  readonly namespaceSuffixes: ReadonlyMap<string, readonly DomainName[]>;
  /** Addresses or host names per Ingress class that stand in for `status`, for controllers that write none or a wrong one. */
  readonly classTargets: ReadonlyMap<string, readonly string[]>;
  /** Ingress classes whose `target` annotation is meant for public DNS: inside, status answers (docs/decisions.md 40). */
  readonly publicClasses: ReadonlySet<string>;
  readonly kinds: KindOptions;
}

export interface SourceZone {
  readonly apex: DomainName;
  /** Ingress classes whose names this zone answers. */
  readonly ingressClasses: readonly string[] | "all";
  /** Whether it also answers for the default class, whatever its name. */
  readonly watchesDefaultClass: boolean;
  /** Gateways whose names this zone answers; absent: what docs/decisions.md 40 says. */
  readonly gateways?: GatewayFilter;
}

/** Of Gateways; both have to let one in. */
export interface GatewayFilter {
  /** By `name`, in whatever namespace, or by `namespace/name`. */
  readonly gateways: NameFilter;
  /** By `spec.gatewayClassName`. */
  readonly classes: NameFilter;
}

export interface NameFilter {
  readonly named: readonly string[];
  /** Which of those that are not named. "not-external": whose name does not say that the internet comes in there. */
  readonly others: "all" | "none" | "not-external";
}

/** Both prefixes that external-dns has used (docs/decisions.md 25). */
const DEFAULT_ANNOTATION_PREFIXES: readonly string[] = [
  "external-dns.alpha.kubernetes.io/",
  "external-dns.kubernetes.io/",
];

/** docs/decisions.md 40. */
const DEFAULT_INGRESS_CLASSES: readonly string[] = ["internal"];

/** docs/decisions.md 40. */
const DEFAULT_PUBLIC_CLASSES: readonly string[] = ["external"];

/** Names by which clients find their proxy, console or themselves: whoever holds one of them holds the LAN. */
export const PROTECTED_LABELS: readonly string[] = ["isatap", "localhost", "unifi", "wpad"];

/** A zone that watches what docs/decisions.md 40 says. */
export function defaultZone(apex: DomainName): SourceZone {
  return { apex, ingressClasses: DEFAULT_INGRESS_CLASSES, watchesDefaultClass: true };
}

/** Options with every default; `names` are protected like the labels above. */
export function defaultSourceOptions(zones: readonly SourceZone[], names: readonly DomainName[] = []): SourceOptions {
  const labels = zones.flatMap((zone) => PROTECTED_LABELS.map((label) => `${label}.${zone.apex}` as DomainName));
  return {
    zones,
    annotationPrefixes: DEFAULT_ANNOTATION_PREFIXES,
    protectedNames: new Set([...labels, ...names]),
    allowWildcards: true,
    namespaceSuffixes: new Map(),
    classTargets: new Map(),
    publicClasses: new Set(DEFAULT_PUBLIC_CLASSES),
    kinds: DEFAULT_KIND_OPTIONS,
  };
}
