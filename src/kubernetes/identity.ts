// Whether the cluster that answers is the one we know: the uid of its namespace kube-system, which outlives everything in it.

import * as z from "zod";
import type { ApiClient } from "./client.ts";
import { ApiFailure } from "./failure.ts";

/** Says whether a cluster may be taken: `knownUid` is the one whose objects we have, `undefined` when there are none. */
export type AcceptCluster = (seenUid: string, knownUid: string | undefined) => boolean;

export type IdentityState =
  | "unknown"
  /** It is the one we know. */
  | "verified"
  /** We may not read who it is: RBAC lacks `get` of the namespace. */
  | "unreadable"
  /** Another cluster answers; what we had is served. */
  | "other";

export interface ClusterIdentity {
  /**
   * Asks anew each time: an answer from before a connection ended says nothing about who answers now. Rejects with an
   * `other-cluster` failure, or with the failure of asking.
   */
  verify(signal: AbortSignal): Promise<void>;
  status(): { readonly state: IdentityState; readonly uid: string | undefined };
}

/** The first cluster is taken, another one is not: whoever means it starts the process anew. */
export const acceptFirst: AcceptCluster = (seenUid, knownUid) => knownUid === undefined || knownUid === seenUid;

const PATH = "/api/v1/namespaces/kube-system";
const namespaceSchema = z.object({ metadata: z.object({ uid: z.string().min(1) }) });

export function createClusterIdentity(options: {
  readonly client: ApiClient;
  readonly accept: AcceptCluster;
  /** Called at each change of the state. */
  readonly onState: (
    state: IdentityState,
    uids: { readonly known: string | undefined; readonly seen: string | undefined },
  ) => void;
}): ClusterIdentity {
  const { client, accept, onState } = options;
  let state: IdentityState = "unknown";
  let knownUid: string | undefined;

  const become = (next: IdentityState, seen: string | undefined): void => {
    if (next === state) return;
    state = next;
    onState(next, { known: knownUid, seen });
  };
  return {
    verify: async (signal) => {
      const uid = await readUid(client, signal);
      if (uid === undefined) {
        become("unreadable", undefined);
        return;
      }
      if (!accept(uid, knownUid)) {
        become("other", uid);
        throw new ApiFailure("other-cluster", `cluster ${uid} answers in place of ${knownUid ?? "none"}`);
      }
      knownUid = uid;
      become("verified", uid);
    },
    status: () => ({ state, uid: knownUid }),
  };
}

/** `undefined` when we may not know. */
async function readUid(client: ApiClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    const namespace = namespaceSchema.safeParse(await client.getJson(PATH, signal));
    if (!namespace.success) throw new ApiFailure("malformed", "the namespace kube-system has no uid");
    return namespace.data.metadata.uid;
  } catch (error) {
    if (error instanceof ApiFailure && (error.kind === "forbidden" || error.kind === "missing")) return undefined;
    throw error;
  }
}
