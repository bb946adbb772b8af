// The console's address while the console's own DNS is away.

import { expect, test } from "vitest";
import { createRememberingLookup } from "#src/providers/unifi/remembering-lookup.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const ADDRESSES = [
  { address: "192.168.1.1", family: 4 },
  { address: "fd00::1", family: 6 },
];
const TEN_MINUTES_MS = 600_000;

function lookupThat(answers: { now: boolean }, clock: ManualClock) {
  const lookup = createRememberingLookup(clock, (host, _options, callback) => {
    if (answers.now) callback(null, ADDRESSES);
    else callback(Object.assign(new Error(`no answer for ${host}`), { code: "EAI_AGAIN" }), []);
  });
  return (options: { all?: boolean } = {}) =>
    new Promise((resolve) => {
      lookup("console.home", options, (error, address, family) => resolve(error?.code ?? [address, family]));
    });
}

test("is the one last heard, for ten minutes", async () => {
  const clock = new ManualClock();
  const answers = { now: true };
  const ask = lookupThat(answers, clock);
  expect(await ask()).toEqual(["192.168.1.1", 4]);
  expect(await ask({ all: true })).toEqual([ADDRESSES, undefined]);
  answers.now = false;
  await clock.advance(TEN_MINUTES_MS);
  expect(await ask()).toEqual(["192.168.1.1", 4]);
  await clock.advance(1);
  expect(await ask()).toBe("EAI_AGAIN");
});

test("is an error when it was never heard", async () => {
  expect(await lookupThat({ now: false }, new ManualClock())()).toBe("EAI_AGAIN");
});
