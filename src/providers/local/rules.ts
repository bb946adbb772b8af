// What the local store can hold: everything that our own DNS half can serve. Pure.

import { isWildcard, ROOT } from "#src/domain/name.ts";
import { RECORD_TYPES } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import type { BackendRules } from "#src/providers/provider.ts";

/** RFC 2181 §8: a TTL is an unsigned number of 31 bits. */
const MAX_TTL_SECONDS = 2_147_483_647;

export const LOCAL_RULES: BackendRules = {
  types: new Set(RECORD_TYPES),
  canonicalTarget,
  effectiveTtlSeconds: (wantedSeconds) => (wantedSeconds === 0 ? undefined : Math.min(wantedSeconds, MAX_TTL_SECONDS)),
  refuseName: (name, type) => {
    if (name === ROOT) return "the root of all names cannot be stored";
    if (isWildcard(name) && type === "NS") return "a wildcard cannot be delegated (RFC 4592 §4.2)";
    return undefined;
  },
  // A TXT may be stored beside a CNAME, because releases of external-dns before 0.18 put their registry text at the record's
  // own name; it is kept for the registry and not served (local-records.ts).
  isExclusive: (type, other) => (type === "CNAME" || other === "CNAME") && type !== "TXT" && other !== "TXT",
};
