// Whether whoever runs a Gateway has taken an object in. Its controller decides that and writes it down; we read it and do not
// decide again (docs/decisions.md 22).

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { type Parent, parentId, readParent } from "./parents.ts";
import type { Conditions, RouteStatus } from "./shapes.ts";

/** Pending: not said yet, or said of an older generation; its names exist, and what was answered last is held a while. */
export type Acceptance =
  | { readonly state: "accepted" }
  | { readonly state: "pending" | "rejected"; readonly reason: string };

const ACCEPTED: Acceptance = { state: "accepted" };

/**
 * Of one parent of a route. A route that has no generation was never in a cluster: it comes from a manifest that somebody
 * wrote, no controller will ever write its status, and so its parents are taken at its word.
 */
export function routeAcceptance(route: ClusterObject, status: RouteStatus, parent: Parent): Acceptance {
  const { generation, namespace } = route.metadata;
  const entries = status.parents ?? [];
  if (entries.length === 0 && generation === undefined) return ACCEPTED;
  const id = parentId(parent);
  const found = entries
    .filter((entry) => parentId(readParent(entry.parentRef, namespace)) === id)
    .map((entry) => readAcceptance(entry.conditions, generation));
  const [first] = found;
  if (first === undefined)
    return { state: "pending", reason: "no controller has written this parent into status.parents" };
  // Several controllers may speak of one parent; one that accepts is enough.
  const best = (state: Acceptance["state"]) => found.find((each) => each.state === state);
  return best("accepted") ?? best("pending") ?? first;
}

/** Of an object that carries its own conditions, such as a ListenerSet. */
export function ownAcceptance(object: ClusterObject, conditions: Conditions): Acceptance {
  const { generation } = object.metadata;
  if ((conditions ?? []).length === 0 && generation === undefined) return ACCEPTED;
  return readAcceptance(conditions, generation);
}

/** A condition without `observedGeneration` counts as current: its controller never says of which generation it speaks. */
function readAcceptance(conditions: Conditions, generation: number | undefined): Acceptance {
  const accepted = conditions?.find((each) => each.type === "Accepted");
  if (accepted === undefined) return { state: "pending", reason: "its controller has not said whether it accepts it" };
  const observed = accepted.observedGeneration ?? undefined;
  if (observed !== undefined && generation !== undefined && observed !== generation) {
    return { state: "pending", reason: `its controller has seen generation ${observed}, and this is ${generation}` };
  }
  if (accepted.status === "True") return ACCEPTED;
  const why = accepted.reason ?? "without a reason";
  return accepted.status === "False"
    ? { state: "rejected", reason: `its controller does not accept it (${why})` }
    : { state: "pending", reason: `its controller has not decided (${why})` };
}
