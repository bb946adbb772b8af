// What the composition adds to the console's store: reminders and the watched key. No console is contacted here.

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Provider } from "#src/app/provider.ts";
import { prepareUnifiProvider } from "#src/app/unifi-provider.ts";
import type { Logger } from "#src/lib/log.ts";
import { eventually } from "#test/support/eventually.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { load } from "#test/support/settings.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

const HOUR_MS = 3_600_000;
const POLL_INTERVAL_MS = 15_000;

interface Prepared {
  readonly provider: Provider;
  readonly clock: ManualClock;
  readonly events: readonly string[];
  readonly unread: readonly string[];
}

async function started(env: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}) {
  const events: string[] = [];
  const unread: string[] = [];
  const note = (_fields: object, event: string): void => void events.push(event);
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  const clock = new ManualClock();
  const settings = load({ env: { UNIFI_HOST: "192.0.2.1", DATA_DIR: await temporaryFolder(), ...env }, files });
  const prepare = await prepareUnifiProvider({ settings, clock, log });
  const provider = prepare({ onCommit: () => undefined, secretUnread: (setting) => unread.push(setting) });
  await provider.start();
  onTestFinished(() => provider.stop());
  return { provider, clock, events, unread } satisfies Prepared;
}

describe("a certificate that nobody verifies", () => {
  const REMINDER = "certificate verification still switched off";

  test("is called to mind every hour until the stop", async () => {
    const { provider, clock, events } = await started({ UNIFI_API_KEY: "key", UNIFI_SKIP_TLS_VERIFY: "true" });
    await clock.advance(2 * HOUR_MS);
    expect(events.filter((event) => event === REMINDER)).toHaveLength(2);
    await provider.stop();
    await clock.advance(HOUR_MS);
    expect(events.filter((event) => event === REMINDER)).toHaveLength(2);
  });

  test("is no matter where one is verified", async () => {
    const { clock, events } = await started({ UNIFI_API_KEY: "key" });
    await clock.advance(HOUR_MS);
    expect(events).toEqual([]);
  });
});

describe("a key in a file", () => {
  test("that cannot be read is told once and counted each time", async () => {
    const path = join(await temporaryFolder(), "key");
    await writeFile(path, "key");
    const { clock, events, unread } = await started({ UNIFI_API_KEY_FILE: path }, { [path]: "key" });
    await rm(path);
    for (const count of [1, 2, 3]) {
      await clock.advance(POLL_INTERVAL_MS);
      await eventually("one more failure", () => unread.length === count);
    }
    expect(unread).toEqual(["unifi.apiKey", "unifi.apiKey", "unifi.apiKey"]);
    expect(events).toEqual(["secret not read again"]);
  });
});

describe("an explanation", () => {
  test("before the first list says that there was none, and contacts nobody", async () => {
    const { provider } = await started({ UNIFI_API_KEY: "key" });
    expect(await provider.stored(undefined)).toEqual({
      provider: "unifi",
      records: [],
      problem: "the console has not been listed yet",
    });
  });
});
