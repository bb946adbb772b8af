// A row of the fault matrix (facts: reliability.md §4.5) as a test.

import type { World, WorldOptions } from "./world.ts";

export interface Row extends Omit<WorldOptions, "profile"> {
  /** Numbers in the matrix. */
  readonly rows: readonly number[];
  readonly fault: string;
  /** As docs/decisions.md reads it. */
  readonly expected: string;
  /** Where only one of the two APIs can have this fault. */
  readonly onlyOn?: "dns/policies" | "static-dns";
  /** Equal records stand there in the end, because the console took both; nothing of ours may take one for the other. */
  readonly leavesDuplicates?: true;
  readonly run: (world: World) => Promise<void>;
}
