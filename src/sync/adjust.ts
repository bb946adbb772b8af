// AdjustEndpoints: external-dns' desired endpoints in the form that Records() will give back, so that the plan between the two
// is empty when nothing changed. Pure.

import type { Endpoint } from "#src/domain/endpoint.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { Bounds } from "#src/sync/bounds.ts";
import { type CanonicalEndpoint, endpointName, wantedEndpoint } from "#src/sync/canonical-endpoint.ts";

/** Why an endpoint was changed in more than spelling, or left out. */
interface AdjustNote {
  readonly name: string;
  readonly type: string;
  readonly code: "endpoint.dropped" | "endpoint.kept-invalid" | "endpoint.merged";
  readonly reason: string;
}

export interface Adjusted {
  readonly endpoints: readonly Endpoint[];
  readonly notes: readonly AdjustNote[];
}

/**
 * An endpoint that the backend can never hold is left out only when nothing stands at its name: dropping it otherwise would
 * make external-dns delete a working record, so it stays and fails alone in the apply (docs/decisions.md 2).
 */
export function adjustEndpoints(
  endpoints: readonly Endpoint[],
  bounds: Bounds,
  storedNames: ReadonlySet<DomainName>,
): Adjusted {
  const notes: AdjustNote[] = [];
  const kept = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const canonical = wantedEndpoint(endpoint, bounds);
    if (!canonical.ok) {
      const name = endpointName(endpoint);
      const isStored = name.ok && storedNames.has(name.value);
      notes.push(note(endpoint, isStored ? "endpoint.kept-invalid" : "endpoint.dropped", canonical.problem));
      if (isStored) kept.set(`${endpoint.dnsName} ${endpoint.recordType}`, withoutForeignFields(endpoint));
      continue;
    }
    const key = `${canonical.value.name} ${canonical.value.type}`;
    const twin = kept.get(key);
    if (twin === undefined) {
      kept.set(key, canonicalised(endpoint, canonical.value));
      continue;
    }
    notes.push(note(endpoint, "endpoint.merged", "two endpoints of one name and type differ only by set identifier"));
    kept.set(key, mergeTwins(twin, canonical.value));
  }
  return { endpoints: [...kept.values()], notes };
}

/** Labels stay, because the registry needs them; properties and routing ids that no backend of ours keeps go. */
function canonicalised(endpoint: Endpoint, canonical: CanonicalEndpoint): Endpoint {
  return {
    ...withoutForeignFields(endpoint),
    dnsName: canonical.name,
    recordType: canonical.type,
    targets: canonical.targets,
    recordTtlSeconds: canonical.ttlSeconds ?? 0,
  };
}

function withoutForeignFields(endpoint: Endpoint): Endpoint {
  return { ...endpoint, setIdentifier: "", providerSpecific: [] };
}

/** Addresses of both count; an alias can have only one target, and the smallest wins whatever the order of asking was. */
function mergeTwins(first: Endpoint, second: CanonicalEndpoint): Endpoint {
  const targets = [...new Set([...first.targets, ...second.targets])].sort();
  return { ...first, targets: second.type === "CNAME" ? targets.slice(0, 1) : targets };
}

function note(endpoint: Endpoint, code: AdjustNote["code"], reason: string): AdjustNote {
  return { name: endpoint.dnsName, type: endpoint.recordType, code, reason };
}
