// What content costs on its way to the sockets: compiling a zone, making it answerable, and one changed record from the record
// set to the snapshot, through the same code as in the process; only the hop to the thread is left out.

import { createAnswers } from "#src/app/answers.ts";
import { claimsOf } from "#src/app/claims.ts";
import { changeSnapshot, createSnapshot, EMPTY_SNAPSHOT } from "#src/dns/snapshot.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { compileZone } from "#test/support/dns/compile.ts";
import { cpuMicroseconds } from "../cpu-time.ts";
import { spreadOf, spreadText, table } from "../figures.ts";
import type { Workload } from "../workload.ts";
import { recordSets, SERIAL, ZONE } from "./zone.ts";

/** Before measuring. */
const WARM_UP_ROUNDS = 2;

/** A table of milliseconds. */
export async function measureZoneWork(workload: Workload, rounds: number): Promise<string> {
  const sets = recordSets(workload.hosts);
  const { content } = compileZone(ZONE, sets, SERIAL);
  const rows = [
    await row(`compile ${sets.length} record sets`, rounds, () => compileZone(ZONE, sets, SERIAL)),
    await row("copy for the DNS thread", rounds, () => structuredClone(content)),
    await row("make a snapshot of it", rounds, () => createSnapshot([content])),
    await row("one changed record, from merge to snapshot", rounds, await oneChange(sets)),
  ];
  return table(["zone work", "CPU ms"], rows);
}

/** A function that changes one address each time it is called, and resolves when the new snapshot is there. */
async function oneChange(sets: readonly RecordSet[]): Promise<() => Promise<void>> {
  let snapshot = EMPTY_SNAPSHOT;
  const answers = createAnswers({
    view: "",
    zones: [ZONE],
    awaited: ["static"],
    clock: SYSTEM_CLOCK,
    log: SILENT,
    publish: async (changes) => {
      snapshot = changeSnapshot(snapshot, structuredClone(changes));
      await Promise.resolve();
    },
  });
  await answers.contribute("static", claimsOf(sets));
  let changes = 0;
  return async () => {
    changes += 1;
    const before = snapshot;
    const [first, ...rest] = sets;
    if (first === undefined) throw new Error("nothing to change");
    const claims = claimsOf([{ ...first, targets: [`10.2.0.${changes & 0xff}`] }, ...rest]);
    await answers.contribute("static", claims, [first.name]);
    if (snapshot === before) throw new Error("the change was not published");
  };
}

async function row(title: string, rounds: number, work: () => unknown): Promise<readonly string[]> {
  const milliseconds: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const before = cpuMicroseconds();
    await work();
    if (round >= 0) milliseconds.push((cpuMicroseconds() - before) / 1_000);
  }
  return [title, spreadText(spreadOf(milliseconds), 1)];
}
