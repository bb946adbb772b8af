// The password of the webhook, as external-dns meets it: through its URL.

import { afterEach, expect, test } from "vitest";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { Secret } from "#src/lib/secret.ts";
import { createLogger } from "#src/ops/log.ts";
import { createExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { engineOver } from "#test/support/engine.ts";
import { fetchBare, get, post, type StartedWebhook, startWebhook } from "#test/support/webhook.ts";

const CREDENTIALS = { username: "external-dns", password: new Secret("p@ss/word") };
/** User info of a URL, percent-encoded as a person has to write it. */
const USER_INFO = "external-dns:p%40ss%2Fword@";

let started: StartedWebhook[] = [];

afterEach(async () => {
  await Promise.all(started.map(({ server }) => server.stop()));
  started = [];
});

async function serve(more: Parameters<typeof startWebhook>[1] = {}): Promise<StartedWebhook> {
  const webhook = await startWebhook(engineOver(new MemoryStore()), { credentials: CREDENTIALS, ...more });
  started.push(webhook);
  return webhook;
}

async function startExternalDns({ port }: StartedWebhook, userInfo: string) {
  const process = createExternalDns({
    url: `http://${userInfo}127.0.0.1:${port}`,
    ownerId: "home",
    source: () => [],
    sleep: async () => undefined,
  });
  const negotiation = await process.negotiate();
  const loop = negotiation.outcome === "ready" ? await process.loop() : undefined;
  process.close();
  return { negotiation, loop };
}

test.each([["127.0.0.1"], ["0.0.0.0"], ["::"]])(
  "external-dns with the password in its URL is served on %s",
  async (host) => {
    const { negotiation, loop } = await startExternalDns(await serve({ host }), USER_INFO);
    expect([negotiation.outcome, loop?.outcome]).toEqual(["ready", "no changes"]);
  },
);

test.each([["external-dns:wrong@"], ["somebody:p%40ss%2Fword@"], ["external-dns@"], [""]])(
  "external-dns at http://%s… ends at its start",
  async (userInfo) => {
    const { negotiation } = await startExternalDns(await serve(), userInfo);
    expect(negotiation).toMatchObject({ outcome: "exited", reason: expect.stringContaining("401") as string });
  },
);

test.each([
  ["GET", "/"],
  ["GET", "/records"],
  ["POST", "/records"],
  ["POST", "/adjustendpoints"],
  ["DELETE", "/records"],
  ["GET", "/nothing-here"],
  ["OPTIONS", "/"],
])("%s %s without it is 401 and tells nothing else", async (method, path) => {
  const answer = await fetchBare(await serve(), path, { method, headers: {} });
  expect([answer.status, answer.headers.get("www-authenticate"), answer.headers.get("allow")]).toEqual([
    401,
    'Basic realm="zonegate webhook", charset="UTF-8"',
    null,
  ]);
  expect(await answer.json()).toMatchObject({ status: 401, code: "request.unauthenticated" });
});

test("a body is not read before the password is", async () => {
  const webhook = await serve();
  expect((await post(webhook, "/records", "{not JSON")).status).toBe(401);
  expect((await post(webhook, "/records", "{not JSON", { authorization: authorization("p@ss/word") })).status).toBe(
    400,
  );
});

test("the log says who came and what external-dns makes of it, and shows no password", async () => {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  const log = createLogger({ level: "info", format: "json", clock: SYSTEM_CLOCK, sink });
  await get(await serve({ log }), "/records", { authorization: authorization("canary-4711") });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      msg: "webhook request refused",
      from: "127.0.0.1",
      code: "request.unauthenticated",
      detail: expect.stringMatching(/USERNAME:PASSWORD@ stands before the host, and ends its process/) as string,
    }),
  ]);
  expect(lines.join("")).not.toMatch(/canary|p@ss/);
});

function authorization(password: string): string {
  return `Basic ${Buffer.from(`external-dns:${password}`).toString("base64")}`;
}
