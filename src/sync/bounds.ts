// What one batch may touch at all, beside what the backend can hold: the domain filter and the protected names. Pure.

import type { ChangePolicy } from "#src/domain/change-policy.ts";
import type { DomainFilter } from "#src/domain/domain-filter.ts";
import { type DomainName, isAtOrBelow } from "#src/domain/name.ts";
import type { BackendRules } from "#src/providers/provider.ts";

export interface Bounds {
  readonly rules: BackendRules;
  readonly scope: Scope;
}

/** The names that external-dns may write. */
export interface Scope {
  /** Why nothing at this name may be written; `undefined` when it may. */
  refuse(name: DomainName): string | undefined;
  /** What may be done at this name. */
  policyFor(name: DomainName): ChangePolicy;
}

export interface ScopeOptions {
  readonly domainFilter: DomainFilter;
  readonly protectedNames: ReadonlySet<DomainName>;
  readonly defaultPolicy: ChangePolicy;
  /** The longest domain that a name lies in decides. */
  readonly policies: readonly { readonly domain: DomainName; readonly policy: ChangePolicy }[];
}

/** A protected name is refused whatever the filter and the policies say. */
export function createScope(options: ScopeOptions): Scope {
  const policies = options.policies.toSorted((a, b) => b.domain.length - a.domain.length);
  return {
    refuse: (name) => {
      if (options.protectedNames.has(name)) return `${name} is a protected name`;
      return options.domainFilter.matches(name) ? undefined : `${name} is outside the domain filter`;
    },
    policyFor: (name) => policies.find(({ domain }) => isAtOrBelow(name, domain))?.policy ?? options.defaultPolicy,
  };
}
