// The end of the webhook under load: whoever asked before being told that the connection ends gets an answer.

import { setTimeout as sleepFor } from "node:timers/promises";
import { expect, test } from "vitest";
import { eventually } from "#test/support/eventually.ts";
import { startPostingClient } from "#test/support/posting-clients.ts";
import { createRandom, type Random } from "#test/support/random.ts";
import { openSocket, parseAnswer, readToEnd } from "#test/support/raw-http.ts";
import { REACHED, type StartedWebhook, scriptedEngine, startWebhook } from "#test/support/webhook.ts";

const CLIENTS = 60;
const ROUNDS = 5;

function serveSlowly(random: Random): Promise<StartedWebhook> {
  const applyChanges = async () => {
    await sleepFor(random.below(10));
    return REACHED;
  };
  return startWebhook(scriptedEngine({ applyChanges }));
}

test.each([
  ["without pauses", 1],
  ["with pauses", 30],
])(`${CLIENTS} connections that post %s are all told in an answer, and none is cut`, async (_, maxPauseMs) => {
  const random = createRandom(maxPauseMs);
  for (let round = 0; round < ROUNDS; round += 1) {
    const webhook = await serveSlowly(random);
    const clients = Array.from({ length: CLIENTS }, () =>
      startPostingClient({ port: webhook.port, random, maxPauseMs }),
    );
    await eventually("every client has been answered", () => clients.every((client) => client.answered() >= 2));
    await webhook.server.stop();
    const ends = await Promise.all(clients.map(({ ended }) => ended));
    expect(new Set(ends)).toEqual(new Set(["told"]));
  }
});

test("a request that waits in the kernel when the stop begins is answered", async () => {
  const webhook = await startWebhook(scriptedEngine());
  const socket = await openSocket({ host: "127.0.0.1", port: webhook.port });
  const answer = readToEnd(socket);
  await eventually("the first request is answered", async () => {
    if (webhook.handled.length === 0 && socket.bytesWritten === 0)
      socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return webhook.handled.length === 1;
  });
  socket.write("GET /records HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await webhook.server.stop();
  const [, second = ""] = (await answer).split(/(?=HTTP\/1\.1 )/);
  expect([parseAnswer(second).status, parseAnswer(second).headers.get("connection")]).toEqual([200, "close"]);
});

test("a connection that waits in the kernel when the stop begins is taken and answered", async () => {
  const webhook = await startWebhook(scriptedEngine());
  const opening = openSocket({ host: "127.0.0.1", port: webhook.port });
  const stopped = webhook.server.stop();
  const socket = await opening;
  const answer = readToEnd(socket);
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect(parseAnswer(await answer).status).toBe(200);
  await stopped;
});
