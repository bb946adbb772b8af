// Which problems of an object a person means who asks about one name: also those that took the whole object out before any
// name was read from it. Knows no kind of object: it looks at every text that could be a host name.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { type DomainName, joinName, parseName } from "#src/domain/name.ts";
import { splitList } from "./annotations.ts";
import { parseHostname } from "./hostnames.ts";
import type { SourceOptions, SourceProblem, SourceZone } from "./source.ts";

/** Deeper than any kind that has names. */
const MAX_DEPTH = 12;

/** Of the problems of `object` those that concern `name`. */
export function problemsConcerning(
  name: DomainName,
  problems: readonly SourceProblem[],
  { object, options }: { readonly object: ClusterObject; readonly options: Pick<SourceOptions, "zones"> },
): readonly SourceProblem[] {
  let isNamed: boolean | undefined;
  return problems.filter((problem) => {
    if (problem.hostname !== undefined && isSameName(problem.hostname, name)) return true;
    if (problem.code === "host.invalid" && holdsName(problem.hostname ?? "", name, options.zones)) return true;
    // A limit names only the first of those it leaves out.
    if (problem.hostname !== undefined && problem.code !== "host.limit") return false;
    isNamed ??= couldMean(object, name, options.zones);
    return isNamed;
  });
}

/**
 * Whether somebody would look for an object at a name because of what the object is called, for one name and many objects:
 * it costs two look-ups each.
 */
export function expectedAt(name: DomainName, zones: readonly SourceZone[]): (object: ClusterObject) => boolean {
  const relatives = new Set(
    zones.flatMap(({ apex }) => (name.endsWith(`.${apex}`) ? [name.slice(0, -apex.length - 1)] : [])),
  );
  return ({ metadata }) => relatives.has(metadata.name) || relatives.has(`${metadata.name}.${metadata.namespace}`);
}

function isSameName(text: string, name: DomainName): boolean {
  const parsed = parseName(text);
  return parsed.ok && parsed.value === name;
}

/** What is no host name may have one in it, which was meant: a URL, a port, a blank too many. */
function holdsName(text: string, name: DomainName, zones: readonly SourceZone[]): boolean {
  return text.split(/[^\w.*-]+/).some((part) => absoluteNames(part, zones).includes(name));
}

/** True when a text of the object is the name, or the object is called so that somebody would look for it there. */
function couldMean(object: ClusterObject, name: DomainName, zones: readonly SourceZone[]): boolean {
  const { metadata, spec } = object;
  const { annotations } = metadata;
  // One word in a spec may be anything, a class or a port; in a host name annotation it is a name in every zone.
  const inSpec = textsOf(spec, MAX_DEPTH)
    .flatMap(quotedTexts)
    .filter((text) => text.includes("."));
  const inAnnotations = Object.keys(annotations)
    .filter(isHostnameKey)
    .flatMap((key) => splitList(annotations[key] ?? ""));
  const expected = [metadata.name, `${metadata.name}.${metadata.namespace}`];
  return (
    [...inSpec, ...inAnnotations].some((text) => absoluteNames(text, zones).includes(name)) ||
    expected.some((relative) => inEveryZone(relative, zones).includes(name))
  );
}

function isHostnameKey(key: string): boolean {
  return key.endsWith("hostname");
}

/** The text, or what it quotes: a rule such as Host(`a.example`). */
function quotedTexts(text: string): readonly string[] {
  return /[`"]/.test(text) ? text.split(/[`"]/) : [text];
}

function textsOf(value: unknown, depth: number): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || depth === 0) return [];
  return Object.values(value).flatMap((child) => textsOf(child, depth - 1));
}

function absoluteNames(text: string, zones: readonly SourceZone[]): readonly DomainName[] {
  const name = parseHostname(text);
  if (name === undefined) return [];
  return name.includes(".") || text.endsWith(".") ? [name] : inEveryZone(name, zones);
}

function inEveryZone(relative: string, zones: readonly SourceZone[]): readonly DomainName[] {
  return zones.flatMap(({ apex }) => {
    const name = joinName(relative, apex);
    return name.ok ? [name.value] : [];
  });
}
