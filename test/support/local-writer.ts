// Run as a process of its own: carries steps of a generated plan out over the local store, says on its output what was
// acknowledged, and kills itself, uncatchably, at one stage of a write when it is told so.
// Arguments: folder, seed, first step, step after the last, stage to die at ("" for none).

import { writeSync } from "node:fs";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { createLocalStore } from "#src/providers/local/local-store.ts";
import { createRecordFolder } from "#src/providers/local/record-folder.ts";
import { engineOver, unbounded } from "./engine.ts";
import { createWritePlan } from "./write-plan.ts";

const STDOUT = 1;
const [folder = "", seed = "", first = "", end = "", lastStage = ""] = process.argv.slice(2);

const store = createLocalStore({
  folder: createRecordFolder({
    folder,
    log: SILENT,
    nowMs: () => Date.now(),
    onStage: (stage) => {
      if (stage === lastStage) process.kill(process.pid, "SIGKILL");
    },
  }),
  clock: SYSTEM_CLOCK,
  onCommit: () => undefined,
});
await store.load();
const engine = engineOver(store);
for (const step of createWritePlan(Number(seed)).slice(Number(first), Number(end))) {
  const { outcome } = await engine.applyChanges(step.changes, unbounded());
  // Synchronous: what was written here has left the process, however it ends next.
  writeSync(STDOUT, `${outcome}\n`);
}
store.close();
