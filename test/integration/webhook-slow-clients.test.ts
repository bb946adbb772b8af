// Clients that take their time, with limits scaled down; test/slow has the real ones.

import type { Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { eventually } from "#test/support/eventually.ts";
import { exchange, openSocket } from "#test/support/raw-http.ts";
import { dripUntilClosed } from "#test/support/slow-client.ts";
import { get, type StartedWebhook, scriptedEngine, startWebhook } from "#test/support/webhook.ts";

/** Node looks every second, so a limit of 0.3 s ends a client at the latest after 1.3 s. */
const LIMIT_MS = 300;
const INTERVAL_MS = 50;
/** Twice what fits, for a machine that stumbles: a client that is never ended would send for ever. */
const MOST_BYTES = (2 * (LIMIT_MS + 1_000)) / INTERVAL_MS;
const HALF_A_HEAD = "GET / HTTP/1.1\r\nHost: localhost\r\nX: ";
const HEAD = `POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${MEDIA_TYPE}\r\nContent-Length: 1000000\r\n\r\n`;

let webhook: StartedWebhook | undefined;
let sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await webhook?.server.stop();
});

test.each([
  ["headers", HALF_A_HEAD],
  ["a body", HEAD],
])("sending %s byte by byte buys no time: 408, and the connection ends", async (_, head) => {
  webhook = await startWebhook(scriptedEngine(), {
    limits: { headersTimeoutMs: LIMIT_MS, requestTimeoutMs: LIMIT_MS },
  });
  const target = { host: "127.0.0.1", port: webhook.port };
  const ends = await Promise.all(
    Array.from({ length: 30 }, () => dripUntilClosed(target, { head, intervalMs: INTERVAL_MS })),
  );
  expect(new Set(ends.map(({ answer }) => answer.status))).toEqual(new Set([408]));
  expect(Math.max(...ends.map(({ bytesDripped }) => bytesDripped))).toBeLessThan(MOST_BYTES);
  expect(webhook.bugs()).toBe(0);
});

test("one after the other, the 65th connection is closed at once and the 64 stay", async () => {
  const started = await startWebhook(scriptedEngine());
  webhook = started;
  const target = { host: "127.0.0.1", port: started.port };
  for (let count = 0; count < 64; count += 1) sockets.push(await openSocket(target));
  const extra = await openSocket(target);
  const closed = new Promise((resolve) => extra.once("close", resolve));
  extra.on("error", () => undefined).resume();
  await closed;
  expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
  sockets.pop()?.end();
  await eventually("the place of one that left is given to another", () =>
    get(started, "/").then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
});

test("a body nobody asked for is answered before any of it is read", async () => {
  webhook = await startWebhook(scriptedEngine());
  const answer = await exchange(
    { host: "127.0.0.1", port: webhook.port },
    "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\nConnection: close\r\n\r\n",
  );
  expect(answer.status).toBe(404);
});

test("a body that says it is too large is refused before any of it is read", async () => {
  webhook = await startWebhook(scriptedEngine());
  const answer = await exchange(
    { host: "127.0.0.1", port: webhook.port },
    `POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${MEDIA_TYPE}\r\nContent-Length: ${32 * 1024 * 1024 + 1}\r\nConnection: close\r\n\r\n`,
  );
  expect(answer.status).toBe(413);
});
