// IngressClass objects as a look-up for Ingresses. They give no names themselves.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import type { DnsAnnotations } from "./annotations.ts";
import type { ZonedName } from "./hostnames.ts";
import {
  ANY_NAME,
  type ObjectShape,
  type Reference,
  type SourceOptions,
  type SourceProblem,
  type SourceZone,
} from "./source.ts";

/** Only its name and its annotation are read. */
export const INGRESS_CLASS: ObjectShape = { group: "networking.k8s.io", kind: "IngressClass" };

export interface IngressClasses {
  /** Every IngressClass there is. Empty: the object set holds none, so a class-less Ingress counts as the default class. */
  readonly names: ReadonlySet<string>;
  /** Those marked as default. */
  readonly defaultNames: ReadonlySet<string>;
}

/** How the class was named before `spec.ingressClassName`; controllers still honour it, and Traefik's own kinds have no field. */
const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";

/** What settings call the default class, whatever its name: no IngressClass can be called so. */
const DEFAULT_CLASS_WORD = "@default";

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

/** The class that the object names, in its spec or by annotation. */
export function classOf(object: ClusterObject, inSpec: string | null | undefined): string | undefined {
  const name = inSpec ?? object.metadata.annotations[CLASS_ANNOTATION];
  return name === "" ? undefined : name;
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

/** What stands in for the controller's word: the `target` annotation unless it is meant for public DNS, else a setting for the class. */
export function chooseClassTargets(
  annotations: DnsAnnotations,
  effective: EffectiveClass,
  options: SourceOptions,
): readonly string[] | undefined {
  const name = effective.name ?? "";
  const annotated = options.publicClasses.has(name) ? undefined : annotations.targets;
  const ofDefault = effective.isDefault ? options.classTargets.get(DEFAULT_CLASS_WORD) : undefined;
  return annotated ?? options.classTargets.get(name) ?? ofDefault;
}

export function unwatchedProblem(
  object: ClusterObject,
  { name, zone }: ZonedName,
  effective: EffectiveClass,
): SourceProblem {
  const which = effective.name === undefined ? classless(effective) : `class ${effective.name}`;
  const reason = `the ${object.kind} has ${which}; zone ${zone.apex} watches ${watchedText(zone)}`;
  return { code: "class.unwatched", object: keyOf(object), hostname: name, reason };
}

function classless({ isDefault }: EffectiveClass): string {
  return isDefault ? "no class, which counts as the default one" : "no class, and no IngressClass is the default";
}

function watchedText(zone: SourceZone): string {
  const names = zone.ingressClasses === "all" ? [] : [...zone.ingressClasses];
  const watched = zone.watchesDefaultClass ? [...names, "the default class"] : names;
  return watched.length === 0 ? "none" : watched.join(", ");
}
