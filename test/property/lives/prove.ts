// Lives by the hundred: what was violated in any, and how much happened in all.

export interface LivesOptions {
  /** For the line that is printed. */
  readonly title: string;
  readonly first: number;
  readonly count: number;
}

/** Beside the violations nothing but numbers. */
interface Counted {
  readonly violations: readonly string[];
}

/** Seeds that are shown when something was violated. */
const MAX_SHOWN = 10;

export interface Lives {
  /** By seed. */
  readonly violated: Readonly<Record<string, readonly string[]>>;
  /** What was counted in all lives together, by the name of the count. */
  readonly total: ReadonlyMap<string, number>;
}

export async function liveAll(
  live: (seed: number) => Promise<Counted>,
  { title, first, count }: LivesOptions,
): Promise<Lives> {
  const total = new Map<string, number>();
  const violated: Record<string, readonly string[]> = {};
  for (let seed = first; seed < first + count; seed += 1) {
    const { violations, ...counts } = await live(seed);
    if (violations.length > 0 && Object.keys(violated).length < MAX_SHOWN) violated[`seed ${seed}`] = violations;
    for (const [name, value] of Object.entries(counts)) total.set(name, (total.get(name) ?? 0) + Number(value));
  }
  console.info(title, { sequences: count, ...Object.fromEntries(total) });
  return { violated, total };
}

/** The counts that stayed below this much for each life: a run in which little happens proves nothing. */
export function tooQuiet({ total }: Lives, lives: number, least: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(least).flatMap(([name, each]) => ((total.get(name) ?? 0) > each * lives ? [] : [name]));
}
