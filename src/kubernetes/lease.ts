// Reads a Lease when somebody wants to know who holds it. Nothing is watched: a Lease changes every few seconds, and no name
// depends on one.

import * as z from "zod";
import type { Clock } from "#src/lib/clock.ts";
import type { ApiClient } from "./client.ts";
import { ApiFailure } from "./failure.ts";
import { scoped, within } from "./scope.ts";

export interface Lease {
  /** `undefined`: nobody. */
  readonly holder: string | undefined;
  /** Unix milliseconds by the holder's clock. */
  readonly renewedAtMs: number | undefined;
  readonly durationMs: number | undefined;
}

export interface LeaseReader {
  /** `undefined`: there is none. Rejects with ApiFailure, within two seconds. */
  read(namespace: string, name: string): Promise<Lease | undefined>;
}

/** Somebody waits at a terminal. */
const TIMEOUT_MS = 2_000;
/** Whoever may ask us for explanations may ask often; the cluster is asked this seldom for one Lease, and for so many. */
const REMEMBERED_MS = 3_000;
const MAX_REMEMBERED = 32;
const MS_PER_SECOND = 1_000;

const leaseSchema = z.object({
  spec: z
    .object({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      renewTime: z.string().nullish(),
    })
    .nullish(),
});

export function createLeaseReader(client: ApiClient, clock: Clock): LeaseReader {
  const asked = new Map<string, { readonly atMs: number; readonly answer: Promise<Lease | undefined> }>();
  return {
    read: (namespace, name) => {
      const nowMs = clock.monotonicMs();
      for (const [path, { atMs }] of asked) if (nowMs - atMs >= REMEMBERED_MS) asked.delete(path);
      const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases/${encodeURIComponent(name)}`;
      const known = asked.get(path);
      if (known !== undefined) return known.answer;
      if (asked.size >= MAX_REMEMBERED) {
        return Promise.reject(new ApiFailure("busy", `more than ${MAX_REMEMBERED} Leases were asked for just now`));
      }
      const answer = readLease(client, path, clock);
      // Whoever waits for it is told; an answer that nobody waits for any longer must not be a bug.
      answer.catch(() => undefined);
      asked.set(path, { atMs: nowMs, answer });
      return answer;
    },
  };
}

async function readLease(client: ApiClient, path: string, clock: Clock): Promise<Lease | undefined> {
  try {
    const value = await scoped(new AbortController().signal, (scope) =>
      within({ clock, ms: TIMEOUT_MS, what: "no answer" }, scope, () => client.getJson(path, scope.signal)),
    );
    const read = leaseSchema.safeParse(value);
    if (!read.success) throw new ApiFailure("malformed", "what came is no Lease");
    return leaseOf(read.data.spec ?? {});
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === "missing") return undefined;
    throw error;
  }
}

type LeaseSpec = NonNullable<z.infer<typeof leaseSchema>["spec"]>;

function leaseOf({ holderIdentity, leaseDurationSeconds, renewTime }: LeaseSpec): Lease {
  const renewedAtMs = Date.parse(renewTime ?? "");
  const durationMs = (leaseDurationSeconds ?? Number.NaN) * MS_PER_SECOND;
  return {
    holder: holderIdentity || undefined,
    renewedAtMs: Number.isNaN(renewedAtMs) ? undefined : renewedAtMs,
    durationMs: Number.isNaN(durationMs) ? undefined : durationMs,
  };
}
