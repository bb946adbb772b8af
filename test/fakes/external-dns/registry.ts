// What stands between external-dns' controller and the webhook: the registry interface and the one without ownership.

import type { Changes, Endpoint } from "./endpoint.ts";

/** The calls of a DNS provider that a registry passes on or enriches. */
export interface Provider {
  records(): Promise<Endpoint[]>;
  adjustEndpoints(endpoints: readonly Endpoint[]): Promise<Endpoint[]>;
  applyChanges(changes: Changes): Promise<void>;
}

export interface Registry extends Provider {
  /** "" when the registry knows no owners. */
  readonly ownerId: string;
}

/** `--registry=noop`: with policy sync every record inside the filter is managed, foreign ones too. */
export function createNoopRegistry(provider: Provider): Registry {
  return {
    ownerId: "",
    records: () => provider.records(),
    adjustEndpoints: (endpoints) => provider.adjustEndpoints(endpoints),
    applyChanges: (changes) => provider.applyChanges(changes),
  };
}
