// A zone compiled at once from all its record sets, as tests want it.

import type { ZoneProblem } from "#src/dns/compile.ts";
import { createZoneBuilder } from "#src/dns/zone-builder.ts";
import type { ZoneContent, ZoneOptions } from "#src/dns/zone-content.ts";
import { isAtOrBelow } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";

export function compileZone(
  options: ZoneOptions,
  recordSets: readonly RecordSet[],
  serial: number,
): { readonly content: ZoneContent; readonly problems: readonly ZoneProblem[] } {
  const builder = createZoneBuilder(options);
  const byName = Map.groupBy(
    recordSets.filter(({ name }) => isAtOrBelow(name, options.apex)),
    ({ name }) => name,
  );
  builder.update(byName.keys(), (name) => byName.get(name) ?? []);
  return { content: builder.content(serial), problems: builder.problems() };
}
