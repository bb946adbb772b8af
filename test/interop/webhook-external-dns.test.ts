// The real external-dns against our webhook and engine: negotiation, a first sync, a silent second one, and a backend fault
// that must not be a hard error.

import { afterEach, expect, test } from "vitest";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { engineOver } from "#test/support/engine.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { ingressObject, runRealExternalDnsOnce } from "#test/support/real-external-dns.ts";
import { type StartedWebhook, startWebhook } from "#test/support/webhook.ts";

const INGRESSES = [ingressObject("app", ["app.example.com"], { addresses: ["192.0.2.10"] })];

let started: StartedWebhook[] = [];

afterEach(async () => {
  await Promise.all(started.map(({ server }) => server.stop()));
  started = [];
});

async function serve(store: MemoryStore): Promise<StartedWebhook> {
  const webhook = await startWebhook(engineOver(store), { host: "localhost" });
  started.push(webhook);
  return webhook;
}

describeWithPeer("external-dns", "the real external-dns", () => {
  test("writes its records through the webhook, and finds nothing to do the second time", async () => {
    const store = new MemoryStore();
    const webhook = await serve(store);
    const url = `http://localhost:${webhook.port}`;
    expect(await runRealExternalDnsOnce({ url, ingresses: INGRESSES })).toMatchObject({ exitCode: 0 });
    expect(store.records.map(({ name, type }) => `${name} ${type}`)).toEqual(
      expect.arrayContaining(["app.example.com A", "a-app.example.com TXT"]),
    );
    const writes = store.writes;
    expect(await runRealExternalDnsOnce({ url, ingresses: INGRESSES })).toMatchObject({ exitCode: 0 });
    expect(store.writes).toBe(writes);
    expect(webhook.handled.map(({ route, statusCode }) => `${route} ${statusCode}`)).toEqual([
      "negotiate 200",
      "records 200",
      "adjustendpoints 200",
      "apply 204",
      "negotiate 200",
      "records 200",
      "adjustendpoints 200",
    ]);
  });

  test("takes a backend that is away for a soft error", async () => {
    const webhook = await serve(new MemoryStore({ listFails: () => true }));
    const run = await runRealExternalDnsOnce({ url: `http://localhost:${webhook.port}`, ingresses: INGRESSES });
    expect(run.stderr).toContain("failed to get records with code 503");
    expect(run.stderr).toContain("soft error");
  });
});
