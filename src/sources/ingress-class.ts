// IngressClass objects as a look-up for Ingresses. They give no names themselves.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { ANY_NAME, type ObjectShape, type Reference, type SourceZone } from "./source.ts";

/** Only its name and its annotation are read. */
export const INGRESS_CLASS: ObjectShape = { group: "networking.k8s.io", kind: "IngressClass" };

export interface IngressClasses {
  /** Every IngressClass there is. Empty: the object set holds none, so a class-less Ingress counts as the default class. */
  readonly names: ReadonlySet<string>;
  /** Those marked as default. */
  readonly defaultNames: ReadonlySet<string>;
}

const DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";

/** Which class an Ingress has, once the default is applied. */
export interface EffectiveClass {
  /** `undefined`: it names none, and there is no default class to give it one. */
  readonly name: string | undefined;
  readonly isDefault: boolean;
}

/** Objects of other kinds are the caller's to leave out. */
export function readIngressClasses(objects: Iterable<ClusterObject>): IngressClasses {
  const names = new Set<string>();
  const defaultNames = new Set<string>();
  for (const object of objects) {
    names.add(object.metadata.name);
    if (object.metadata.annotations[DEFAULT_ANNOTATION] === "true") defaultNames.add(object.metadata.name);
  }
  return { names, defaultNames };
}

/** The IngressClass an Ingress depends on; one without a class depends on all, for any of them may be the default. */
export function classReference(className: string | undefined): Reference {
  const { group, kind } = INGRESS_CLASS;
  return { group, kind, namespace: "", name: className ?? ANY_NAME };
}

/** A class-less Ingress gets the default class; of several marked ones the first by name, so that the order of objects changes nothing. */
export function effectiveClass(className: string | undefined, classes: IngressClasses): EffectiveClass {
  if (className !== undefined) return { name: className, isDefault: classes.defaultNames.has(className) };
  const [defaultName] = [...classes.defaultNames].sort();
  return { name: defaultName, isDefault: classes.names.size === 0 || defaultName !== undefined };
}

/** Whether the zone answers for an Ingress of this class (docs/decisions.md 40). */
export function isWatched(effective: EffectiveClass, zone: SourceZone): boolean {
  if (zone.ingressClasses === "all") return true;
  if (effective.isDefault && zone.watchesDefaultClass) return true;
  return effective.name !== undefined && zone.ingressClasses.includes(effective.name);
}
