// Go's 90 s of idle connections against our keep-alive, in real time; test/integration has it scaled down.

import { afterEach, expect, test } from "vitest";
import { postWithPauses } from "#test/support/paused-posts.ts";
import { createRandom } from "#test/support/random.ts";
import { type StartedWebhook, scriptedEngine, startWebhook } from "#test/support/webhook.ts";

const GO_IDLE_MS = 90_000;
const CLIENTS = 60;
/** Fastify's default of 72 s and what Node adds to it. */
const SHORT_KEEP_ALIVE_MS = 72_000;
const NODE_BUFFER_MS = 1_000;

let webhook: StartedWebhook | undefined;

afterEach(async () => {
  await webhook?.server.stop();
});

test("POSTs with pauses of 60 to 91 s lose no connection", async () => {
  webhook = await startWebhook(scriptedEngine());
  const random = createRandom(1);
  const results = await postWithPauses({
    url: webhook.url,
    clientIdleMs: GO_IDLE_MS,
    clients: CLIENTS,
    postsPerClient: 3,
    // One in two pauses lies within a second of the moment at which Go closes.
    pauseMs: () => (random.chance(0.5) ? 60_000 + random.below(30_000) : GO_IDLE_MS - 1_000 + random.below(2_000)),
  });
  expect(results).toEqual({ answered: 3 * CLIENTS, broken: 0 });
});

test("the model can fail: a keep-alive of 72 s breaks POSTs that come when it ends", async () => {
  webhook = await startWebhook(scriptedEngine(), { limits: { keepAliveTimeoutMs: SHORT_KEEP_ALIVE_MS } });
  const random = createRandom(2);
  const results = await postWithPauses({
    url: webhook.url,
    clientIdleMs: GO_IDLE_MS,
    clients: CLIENTS,
    postsPerClient: 3,
    pauseMs: () => SHORT_KEEP_ALIVE_MS + NODE_BUFFER_MS + random.below(3),
  });
  expect(results.broken).toBeGreaterThan(0);
});
