// One byte a second against the real limits. Bytes are counted instead of time: one byte is one second.

import { afterEach, expect, test } from "vitest";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { dripUntilClosed } from "#test/support/slow-client.ts";
import { get, type StartedWebhook, scriptedEngine, startWebhook } from "#test/support/webhook.ts";

const CLIENTS = 60;

let webhook: StartedWebhook | undefined;

afterEach(async () => {
  await webhook?.server.stop();
});

test.each([
  // Limits of 5 s and 10 s, looked at every second, and one byte that was on its way.
  ["headers", 7, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "],
  [
    "a body",
    12,
    `POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${MEDIA_TYPE}\r\nContent-Length: 1000000\r\n\r\n`,
  ],
])(
  "a client that drips %s is answered with 408 after at most %d bytes, and others are served meanwhile",
  async (_, mostBytes, head) => {
    const started = await startWebhook(scriptedEngine());
    webhook = started;
    const target = { host: "127.0.0.1", port: started.port };
    const dripping = Promise.all(
      Array.from({ length: CLIENTS }, () => dripUntilClosed(target, { head, intervalMs: 1_000 })),
    );
    expect((await get(started, "/records")).status).toBe(200);
    const ends = await dripping;
    expect(new Set(ends.map(({ answer }) => answer.status))).toEqual(new Set([408]));
    expect(Math.max(...ends.map(({ bytesDripped }) => bytesDripped))).toBeLessThanOrEqual(mostBytes);
  },
);
