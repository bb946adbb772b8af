// Asks the clusters which node announces an address: from an address to the Services that have it, to their Leases. Asks only
// when somebody wants an explanation, and only where the settings say so.

import type { Settings } from "#src/config/settings.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Announcement } from "#src/ops/explanation.ts";
import { announcedAddresses, SERVICE } from "#src/sources/service-addresses.ts";
import type { ClusterFeed } from "./cluster-feed.ts";
import {
  type AnnouncedService,
  announcementLeaseName,
  announcementOf,
  type LeaseAnswer,
  MAX_ANNOUNCEMENTS,
} from "./explain/announcements.ts";
import type { View } from "./view.ts";

export interface AnnouncersOptions {
  readonly cilium: Settings["sources"]["cilium"];
  readonly readLease: ClusterFeed["readLease"];
  readonly clock: Clock;
}

/** One for each address and Service that has it. Never rejects. */
export async function announcementsOf(
  view: View,
  addresses: readonly string[],
  { cilium, readLease, clock }: AnnouncersOptions,
): Promise<readonly Announcement[]> {
  const found = servicesAt(view, addresses).slice(0, MAX_ANNOUNCEMENTS);
  const answers = await Promise.all(
    found.map(async ({ service }): Promise<LeaseAnswer> => {
      try {
        const lease = await readLease(service.cluster, cilium.namespace, announcementLeaseName(service));
        return lease === undefined ? { kind: "absent" } : { kind: "read", lease };
      } catch (error) {
        return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  const nowMs = clock.nowMs();
  return found.flatMap((one, index) => {
    const answer = answers[index];
    return answer === undefined ? [] : [announcementOf(one, answer, nowMs)];
  });
}

function servicesAt({ cluster }: View, addresses: readonly string[]): readonly AnnouncedService[] {
  if (addresses.length === 0) return [];
  return cluster.objects(SERVICE).flatMap((object) => {
    const own = announcedAddresses(object);
    return addresses
      .filter((address) => own.includes(address))
      .map((address) => ({ address, service: object.metadata }));
  });
}
