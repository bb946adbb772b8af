// Random lives of a watched cluster: whatever happens to requests and streams, in the end we know what the server knows.

import { afterAll, beforeAll, expect, test } from "vitest";
import { KINDS, runWatchScript } from "./watch-script.ts";

/** `npm run test:watch-scripts` runs 10,000. */
const SCRIPTS = Number(process.env["WATCH_SCRIPTS"] ?? 100);
const FIRST_SEED = Number(process.env["WATCH_SEED"] ?? Date.now() % 1_000_000_000);
const MS_PER_SCRIPT = 500;

const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => void process.off("unhandledRejection", note));

test(
  `${SCRIPTS} scripts from seed ${FIRST_SEED}: equal to the server, in order, within ${KINDS.length + 2} connections`,
  async () => {
    const total = { events: 0, faults: 0, relists: 0, drift: 0, mostConnections: 0 };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCRIPTS; seed += 1) {
      const { violations, ...figures } = await runWatchScript(seed);
      expect(violations, `WATCH_SEED=${seed} WATCH_SCRIPTS=1`).toEqual([]);
      total.events += figures.events;
      total.faults += figures.faults;
      total.relists += figures.relists;
      total.drift += figures.drift;
      total.mostConnections = Math.max(total.mostConnections, figures.mostConnections);
    }
    process.stdout.write(`${SCRIPTS} scripts from seed ${FIRST_SEED}: ${JSON.stringify(total)}\n`);
    expect(rejections).toEqual([]);
  },
  20_000 + SCRIPTS * MS_PER_SCRIPT,
);
