// Names of one object are worked out one by one, so that what is wrong with the object as a whole is found with each of them.

import type { SourceProblem } from "#src/sources/source.ts";

export function eachOnce(problems: readonly SourceProblem[]): readonly SourceProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
