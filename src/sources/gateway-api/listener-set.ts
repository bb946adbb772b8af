// A ListenerSet as routes see it: the Gateway it belongs to, its listeners, and whether that Gateway's controller lets it.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed } from "#src/domain/parsed.ts";
import { readPart } from "#src/sources/shape.ts";
import { type Acceptance, ownAcceptance } from "./acceptance.ts";
import { type Listener, readListeners } from "./listener.ts";
import { type Parent, readParent } from "./parents.ts";
import { rememberedByObject } from "./remembered.ts";
import { listenerSetSpec, listenerSetStatus } from "./shapes.ts";

interface ListenerSetView {
  /** A Gateway, unless somebody wrote nonsense. */
  readonly owner: Parent;
  readonly listeners: readonly Listener[];
  readonly acceptance: Acceptance;
}

/** One sentence on its first wrong field, when it is no ListenerSet as Kubernetes defines it. */
export const readListenerSet: (object: ClusterObject) => Parsed<ListenerSetView> = rememberedByObject(viewOf);

function viewOf(object: ClusterObject): Parsed<ListenerSetView> {
  const spec = readPart("spec", listenerSetSpec, object.spec);
  if (!spec.ok) return spec;
  const status = readPart("status", listenerSetStatus, object.status);
  if (!status.ok) return status;
  return parsed({
    owner: readParent(spec.value.parentRef, object.metadata.namespace),
    listeners: readListeners(spec.value.listeners),
    acceptance: ownAcceptance(object, status.value.conditions),
  });
}
