// Which node answers for an address on the network, as Cilium's Leases say: from the addresses of an answer to the Services that
// have them, and from a Lease to a sentence. Asks nobody.

import type { ObjectKey } from "#src/domain/cluster-object.ts";
import type { Lease } from "#src/kubernetes/lease.ts";
import type { Announcement, Explanation } from "#src/ops/explanation.ts";

/** What came of asking. */
export type LeaseAnswer =
  | { readonly kind: "read"; readonly lease: Lease }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly reason: string };

/** A Service whose address is announced, if any is. */
export interface AnnouncedService {
  readonly address: string;
  readonly service: Pick<ObjectKey, "namespace" | "name" | "cluster">;
}

/** Addresses of one name that are looked at. */
export const MAX_ANNOUNCEMENTS = 8;
/** Clocks of nodes differ, and a renewal takes its time. */
const EXPIRY_TOLERANCE_MS = 5_000;

/** As Cilium calls the Lease of a Service, in the namespace that Cilium runs in. */
export function announcementLeaseName({ namespace, name }: AnnouncedService["service"]): string {
  return `cilium-l2announce-${namespace}-${name}`;
}

/** What the name leads to in the end. */
export function answeredAddresses({ answers }: Pick<Explanation, "answers">): readonly string[] {
  const records = answers.flatMap((answer) => answer.records);
  return [...new Set(records.filter(({ type }) => type === "A" || type === "AAAA").map(({ value }) => value))];
}

export function announcementOf(
  { address, service }: AnnouncedService,
  answer: LeaseAnswer,
  nowMs: number,
): Announcement {
  const where = service.cluster === undefined ? "" : ` in cluster ${service.cluster}`;
  const who = { address, service: `Service ${service.namespace}/${service.name}${where}` };
  const leaseName = announcementLeaseName(service);
  if (answer.kind === "failed") return { ...who, state: "unknown", reason: `Lease ${leaseName}: ${answer.reason}` };
  if (answer.kind === "absent") {
    const reason = `there is no Lease ${leaseName}: no CiliumL2AnnouncementPolicy selects the Service, or it is not announced by ARP`;
    return { ...who, state: "none", reason };
  }
  const { holder, renewedAtMs, durationMs } = answer.lease;
  if (holder === undefined) return { ...who, state: "none", reason: `no node holds the Lease ${leaseName}` };
  const held = { ...who, node: holder, ...(renewedAtMs === undefined ? {} : { renewedAtMs }) };
  const ageMs = renewedAtMs === undefined ? 0 : nowMs - renewedAtMs;
  if (durationMs === undefined || ageMs <= durationMs + EXPIRY_TOLERANCE_MS) {
    return { ...held, state: "announced", reason: `node ${holder} answers for it` };
  }
  const ages = `${Math.round(ageMs / 1_000)} s ago, it lasts ${Math.round(durationMs / 1_000)} s`;
  return { ...held, state: "expired", reason: `node ${holder} renewed the Lease ${ages}, and no other node took it` };
}

/** The explanation with what is known of its addresses, and a hint for each that nobody answers for. */
export function withAnnouncements(explanation: Explanation, announcements: readonly Announcement[]): Explanation {
  const hints = announcements
    .filter(({ state }) => state === "none" || state === "expired")
    .map(({ address, service, reason }) => ({
      code: "address.unannounced",
      text: `Cilium announces ${address} of ${service} on no node: ${reason}.`,
    }));
  return { ...explanation, announcements: [...announcements], hints: [...explanation.hints, ...hints] };
}
