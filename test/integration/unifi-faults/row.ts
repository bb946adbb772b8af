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
  readonly run: (world: World) => Promise<void>;
}
