// From the parents a route names to the Gateways behind them and the listeners it may use there. Follows references and reads
// what controllers decided; which hosts and addresses follow from it is decided elsewhere.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { ANY_NAME, type Lookup, type ProblemCode, type Reference, type SourceProblem } from "#src/sources/source.ts";
import { type Acceptance, routeAcceptance } from "./acceptance.ts";
import { type GatewayView, readGateway } from "./gateway-object.ts";
import type { Listener } from "./listener.ts";
import { readListenerSet } from "./listener-set.ts";
import { type Parent, parentId, parentText, readParent, referenceText } from "./parents.ts";
import { GATEWAY, LISTENER_SETS, type RouteSpec, type RouteStatus } from "./shapes.ts";

/** A parent of a route that leads to listeners. */
export interface Attachment {
  readonly gateway: GatewayView;
  /** Those of the parent that fit the route's kind, section and port; at least one. */
  readonly listeners: readonly Listener[];
  readonly acceptance: Acceptance;
  /** Which of the two was not accepted, in words. */
  readonly who: string;
  /** Objects whose annotations speak of this parent, the nearest to the route first. */
  readonly holders: readonly ClusterObject[];
}

export interface Attachments {
  readonly attachments: readonly Attachment[];
  /** About parents that lead nowhere. */
  readonly problems: readonly SourceProblem[];
}

export interface RouteView {
  readonly object: ClusterObject;
  readonly spec: RouteSpec;
  readonly status: RouteStatus;
  /** Upper case. */
  readonly protocols: readonly string[];
}

/** Every object that decides over the names of a route with these parents. */
export function referencesOf(spec: RouteSpec, namespace: string): readonly Reference[] {
  return parentsOf(spec, namespace).flatMap((parent) => {
    const reference = { group: parent.group, kind: parent.kind, namespace: parent.namespace, name: parent.name };
    if (isKind(parent, GATEWAY)) return [reference];
    // Which Gateway a ListenerSet belongs to is known only once it is there.
    const anyGateway = { group: GATEWAY.group, kind: GATEWAY.kind, namespace: ANY_NAME, name: ANY_NAME };
    return isListenerSet(parent) ? [reference, anyGateway] : [];
  });
}

export function attachmentsOf(route: RouteView, lookup: Lookup): Attachments {
  const attachments: Attachment[] = [];
  const problems: SourceProblem[] = [];
  const report = (code: ProblemCode, reason: string): void => {
    problems.push({ code, object: keyOf(route.object), reason });
  };
  const parents = parentsOf(route.spec, route.object.metadata.namespace);
  if (parents.length === 0) report("parent.unknown", "the route names no parent, so it belongs to no Gateway");
  for (const parent of parents) {
    if (!isKind(parent, GATEWAY) && !isListenerSet(parent)) {
      report(
        "parent.kind",
        `its parent ${referenceText(parent)} is no Gateway, so nothing outside the cluster leads to it`,
      );
      continue;
    }
    const target = isKind(parent, GATEWAY) ? gatewayParent(parent, lookup) : listenerSetParent(parent, lookup);
    if (!target.ok) {
      report("parent.unknown", target.problem);
      continue;
    }
    const attachment = attach(route, parent, target.value);
    if ("code" in attachment) report(attachment.code, attachment.reason);
    else attachments.push(attachment);
  }
  return { attachments, problems };
}

/** What a parent reference leads to, whatever route asks. */
interface ParentTarget {
  readonly gateway: GatewayView;
  readonly listeners: readonly Listener[];
  /** Of the ListenerSet by the Gateway; a Gateway itself has nobody to ask. */
  readonly acceptance: Acceptance;
  readonly holders: readonly ClusterObject[];
}

function gatewayParent(reference: Reference, lookup: Lookup): Parsed<ParentTarget> {
  const object = lookup.get(reference);
  if (object === undefined) return unparsable(`there is no ${referenceText(reference)}`);
  const gateway = readGateway(object);
  if (!gateway.ok) return unparsable(`${referenceText(reference)} cannot be read: ${gateway.problem}`);
  const { listeners } = gateway.value;
  return parsed({ gateway: gateway.value, listeners, acceptance: { state: "accepted" }, holders: [object] });
}

function listenerSetParent(reference: Reference, lookup: Lookup): Parsed<ParentTarget> {
  const object = lookup.get(reference);
  if (object === undefined) return unparsable(`there is no ${referenceText(reference)}`);
  const set = readListenerSet(object);
  if (!set.ok) return unparsable(`${referenceText(reference)} cannot be read: ${set.problem}`);
  const { owner, listeners, acceptance } = set.value;
  const named = `${referenceText(reference)} belongs to ${referenceText(owner)}`;
  if (!isKind(owner, GATEWAY)) return unparsable(`${named}, which is no Gateway`);
  const target = gatewayParent(owner, lookup);
  if (!target.ok) return unparsable(`${named}: ${target.problem}`);
  const { gateway, holders } = target.value;
  return parsed({ gateway, listeners, acceptance, holders: [object, ...holders] });
}

function attach(
  route: RouteView,
  parent: Parent,
  target: ParentTarget,
): Attachment | { readonly code: ProblemCode; readonly reason: string } {
  const { sectionName, port } = parent;
  const inSection = target.listeners.filter(({ name }) => sectionName === undefined || name === sectionName);
  if (inSection.length === 0 && sectionName !== undefined) {
    return { code: "section.unknown", reason: `${referenceText(parent)} has no listener called ${sectionName}` };
  }
  const listeners = inSection.filter(
    (listener) => (port === undefined || listener.port === port) && fits(listener, route.protocols),
  );
  if (listeners.length === 0) {
    const reason = `${parentText(parent)} has no listener of protocol ${route.protocols.join(" or ")}, which ${route.object.kind} needs`;
    return { code: "listener.mismatch", reason };
  }
  const { gateway, holders } = target;
  const ofRoute = routeAcceptance(route.object, route.status, parent);
  const isSetRefused = target.acceptance.state !== "accepted" && ofRoute.state !== "rejected";
  return isSetRefused
    ? { gateway, listeners, holders, acceptance: target.acceptance, who: referenceText(parent) }
    : { gateway, listeners, holders, acceptance: ofRoute, who: `the route at ${parentText(parent)}` };
}

/** A protocol of an implementation's own (`example.com/bar`) fits whatever its controller accepts on it. */
function fits({ protocol }: Listener, protocols: readonly string[]): boolean {
  return protocol.includes("/") || protocols.includes(protocol);
}

function parentsOf(spec: RouteSpec, namespace: string): readonly Parent[] {
  const parents = (spec.parentRefs ?? []).map((reference) => readParent(reference, namespace));
  return [...new Map(parents.map((parent) => [parentId(parent), parent])).values()];
}

function isListenerSet(parent: Parent): boolean {
  return LISTENER_SETS.some((shape) => isKind(parent, shape));
}

function isKind({ group, kind }: Reference, shape: Pick<Reference, "group" | "kind">): boolean {
  return group === shape.group && kind === shape.kind;
}
