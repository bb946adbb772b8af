// What external-dns sends and receives, with every optional field made whole (facts: external-dns endpoint/endpoint.go).

/** One external-dns endpoint. Text stays as the caller wrote it; canonical forms are made by `canonicalEndpoint`. */
export interface Endpoint {
  readonly dnsName: string;
  /** Any type external-dns knows, also ones we cannot hold: such an item fails alone. */
  readonly recordType: string;
  readonly targets: readonly string[];
  /** Routing-policy id; "" when absent. */
  readonly setIdentifier: string;
  /** Seconds; 0 means "not set". */
  readonly recordTtlSeconds: number;
  readonly labels: ReadonlyMap<string, string>;
  readonly providerSpecific: readonly ProviderProperty[];
}

interface ProviderProperty {
  readonly name: string;
  readonly value: string;
}

/** Label that the TXT registry puts on its own TXT endpoints: the data record's name they belong to. */
export const OWNED_RECORD_LABEL = "ownedRecord";
/** Label that carries the owner id of a registry with ownership. */
export const OWNER_LABEL = "owner";
