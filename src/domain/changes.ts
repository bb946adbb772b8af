// One batch of changes from external-dns (plan/plan.go Changes). `updateOld[i]` and `updateNew[i]` belong together.

import type { Endpoint } from "#src/domain/endpoint.ts";

export interface Changes {
  readonly create: readonly Endpoint[];
  readonly updateOld: readonly Endpoint[];
  readonly updateNew: readonly Endpoint[];
  readonly delete: readonly Endpoint[];
}

export const NO_CHANGES: Changes = { create: [], updateOld: [], updateNew: [], delete: [] };

export function isEmpty(changes: Changes): boolean {
  return changes.create.length + changes.updateOld.length + changes.updateNew.length + changes.delete.length === 0;
}
