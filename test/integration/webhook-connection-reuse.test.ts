// The 90 s of Go's idle connections against our keep-alive, with time scaled down; test/slow has it in real time.

import { afterEach, expect, test } from "vitest";
import { postWithPauses } from "#test/support/paused-posts.ts";
import { createRandom } from "#test/support/random.ts";
import { type StartedWebhook, scriptedEngine, startWebhook } from "#test/support/webhook.ts";

/** 90 s of Go become 0.3 s, our 120 s become 0.4 s. */
const SCALE = 1 / 300;
const CLIENT_IDLE_MS = 90_000 * SCALE;
const SERVER_IDLE_MS = 120_000 * SCALE;
/** What Node adds to a keep-alive time before it closes; it cannot be scaled. */
const NODE_BUFFER_MS = 1_000;

const CLIENTS = 50;
const POSTS_PER_CLIENT = 8;

let webhook: StartedWebhook | undefined;

afterEach(async () => {
  await webhook?.server.stop();
});

test("hundreds of POSTs with pauses around the client's idle limit lose no connection, because the client closes first", async () => {
  webhook = await startWebhook(scriptedEngine(), { limits: { keepAliveTimeoutMs: SERVER_IDLE_MS } });
  const random = createRandom(1);
  const results = await postWithPauses({
    url: webhook.url,
    clientIdleMs: CLIENT_IDLE_MS,
    clients: CLIENTS,
    postsPerClient: POSTS_PER_CLIENT,
    pauseMs: () => CLIENT_IDLE_MS - 20 + random.below(40),
  });
  expect(results).toEqual({ answered: CLIENTS * POSTS_PER_CLIENT, broken: 0 });
});

test("the model can fail: a server that closes first breaks POSTs", async () => {
  webhook = await startWebhook(scriptedEngine(), { limits: { keepAliveTimeoutMs: 1 } });
  const random = createRandom(2);
  const results = await postWithPauses({
    url: webhook.url,
    clientIdleMs: 3 * NODE_BUFFER_MS,
    clients: CLIENTS,
    postsPerClient: 4,
    pauseMs: () => NODE_BUFFER_MS + random.below(3),
  });
  expect(results.broken).toBeGreaterThan(0);
});
