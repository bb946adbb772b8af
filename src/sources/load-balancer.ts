// `status.loadBalancer`, which Ingress and Service share (Kubernetes API: LoadBalancerIngress).

import * as z from "zod";

const loadBalancerIngress = z.object({ ip: z.string().nullish(), hostname: z.string().nullish() });

export const loadBalancerStatus = z.object({
  loadBalancer: z.object({ ingress: z.array(loadBalancerIngress).nullish() }).nullish(),
});

/** Addresses and host names as written. An entry with both gives its address: it needs no further look-up. */
export function loadBalancerTargets(status: z.infer<typeof loadBalancerStatus>): readonly string[] {
  const entries = status.loadBalancer?.ingress ?? [];
  return entries.map((entry) => nonEmpty(entry.ip) ?? nonEmpty(entry.hostname)).filter((text) => text !== undefined);
}

function nonEmpty(text: string | null | undefined): string | undefined {
  return text === null || text === "" ? undefined : text;
}
