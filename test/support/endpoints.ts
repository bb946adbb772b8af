// Short ways to write external-dns' endpoints and changes in tests.

import type { Changes } from "#src/domain/changes.ts";
import { NO_CHANGES } from "#src/domain/changes.ts";
import type { Endpoint } from "#src/domain/endpoint.ts";

export const OWNER = "test-owner";

/** An owned endpoint: `endpoint("www.example.com", "A", ["192.0.2.1"])`. */
export function endpoint(
  dnsName: string,
  recordType: string,
  targets: readonly string[],
  more: Partial<Endpoint> = {},
): Endpoint {
  return {
    dnsName,
    recordType,
    targets,
    setIdentifier: "",
    recordTtlSeconds: 0,
    labels: new Map([["owner", OWNER]]),
    providerSpecific: [],
    ...more,
  };
}

/** The TXT that the registry sends along with a data endpoint. */
export function registryText(of: Endpoint, owner = OWNER): Endpoint {
  return endpoint(
    `${of.recordType.toLowerCase()}-${of.dnsName}`,
    "TXT",
    [`"heritage=external-dns,external-dns/owner=${owner},external-dns/resource=ingress/default/app"`],
    { labels: new Map([["ownedRecord", of.dnsName]]) },
  );
}

/** The endpoints, each followed at the list's end by its registry text, as the TXT registry appends them. */
export function withTexts(...endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return [...endpoints, ...endpoints.map((one) => registryText(one))];
}

export function changes(some: Partial<Changes>): Changes {
  return { ...NO_CHANGES, ...some };
}
