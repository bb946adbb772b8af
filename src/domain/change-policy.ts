// What a writer may do at a name, in the words of external-dns' own `--policy`.

/** Everything; no deletions; only what is new. */
export const CHANGE_POLICIES = ["sync", "upsert-only", "create-only"] as const;
export type ChangePolicy = (typeof CHANGE_POLICIES)[number];
