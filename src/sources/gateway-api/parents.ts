// Parent references of routes and ListenerSets: what they point at once the defaults are filled in, and how they are told apart.

import type { Reference } from "#src/sources/source.ts";
import { GATEWAY_GROUP, type ParentReference } from "./shapes.ts";

export interface Parent extends Reference {
  /** `undefined`: every listener. */
  readonly sectionName: string | undefined;
  readonly port: number | undefined;
}

/**
 * Each reference stands for itself: what one leaves out is filled from the namespace of the object that holds it, never from
 * the reference before. An empty `group` is the core group; an absent one is Gateway API's.
 */
export function readParent(reference: ParentReference, holderNamespace: string): Parent {
  return {
    group: reference.group ?? GATEWAY_GROUP,
    kind: reference.kind ?? "Gateway",
    namespace: orAbsent(reference.namespace) ?? holderNamespace,
    name: reference.name,
    sectionName: orAbsent(reference.sectionName),
    port: reference.port ?? undefined,
  };
}

/** Equal for references that mean the same, whichever defaults they spell out. */
export function parentId({ group, kind, namespace, name, sectionName, port }: Parent): string {
  return JSON.stringify([group, kind, namespace, name, sectionName ?? null, port ?? null]);
}

/** `Gateway network/internal, section https, port 443`. */
export function parentText(parent: Parent): string {
  const section = parent.sectionName === undefined ? [] : [`section ${parent.sectionName}`];
  const port = parent.port === undefined ? [] : [`port ${parent.port}`];
  return [referenceText(parent), ...section, ...port].join(", ");
}

/** `Gateway network/internal`. */
export function referenceText({ kind, namespace, name }: Reference): string {
  return `${kind} ${namespace}/${name}`;
}

function orAbsent(text: string | null | undefined): string | undefined {
  return text === null || text === "" ? undefined : text;
}
