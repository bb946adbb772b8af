// Behaviour of the whole process that the comparison with the real binary does not reach: older releases, the TXT cache,
// the end of a process.

import { afterEach, beforeEach, expect, test } from "vitest";
import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns, type ExternalDns, type ExternalDnsOptions } from "#test/fakes/external-dns/external-dns.ts";
import { type ReferenceWebhook, startReferenceWebhook } from "#test/fakes/external-dns/reference-webhook.ts";

const WEB = endpoint("web.example.com", "A", ["10.0.0.1"]);

let webhook: ReferenceWebhook;
let desired: readonly Endpoint[];
let dns: ExternalDns | undefined;

beforeEach(async () => {
  webhook = await startReferenceWebhook();
  desired = [WEB];
});

afterEach(async () => {
  dns?.close();
  await webhook.stop();
});

test("a loop asks, adjusts and applies; the next one does not apply", async () => {
  const running = await started({});
  expect((await running.loop()).requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /records",
    "POST /adjustendpoints",
    "POST /records",
  ]);
  expect(await running.loop()).toMatchObject({ outcome: "no changes", requests: [{}, {}] });
});

test("up to 0.16 changes have capital keys and null for nothing", async () => {
  const running = await started({ release: "0.14" });
  const { requests } = await running.loop();
  const body: unknown = JSON.parse(requests[2]?.body ?? "");
  expect(body).toMatchObject({
    Create: [{ dnsName: "web.example.com" }, {}],
    UpdateOld: null,
    UpdateNew: null,
    Delete: null,
  });
});

test("up to 0.14.1 a 503 ends the process", async () => {
  webhook.fail("records", { status: 503 });
  const running = await started({ release: "0.14" });
  expect(await running.loop()).toMatchObject({ outcome: "exited", reason: "failed to get records with code 503" });
});

test("up to 0.20 a 503 at the start is fatal at once", async () => {
  webhook.fail("negotiate", { status: 503, headers: { "Content-Type": "text/plain" } });
  dns = create({ release: "0.17" });
  expect(await dns.negotiate()).toMatchObject({ outcome: "exited", requests: [{}] });
});

test("up to 0.20 properties of other providers are sent", async () => {
  const providerSpecific = [{ name: "aws/weight", value: "1" }];
  desired = [{ ...WEB, providerSpecific }];
  const old = await started({ release: "0.17" });
  expect((await old.loop()).requests[1]?.body).toContain("aws/weight");
});

test("a soft error is tried again in the next loop", async () => {
  webhook.fail("apply", { status: 503 }, 1);
  const running = await started({});
  expect(await running.loop()).toMatchObject({ outcome: "soft error" });
  expect(await running.loop()).toMatchObject({ outcome: "applied" });
});

test("an exited process runs no more", async () => {
  webhook.fail("apply", { status: 400 });
  const running = await started({});
  expect(await running.loop()).toMatchObject({ outcome: "exited" });
  await expect(running.loop()).rejects.toThrow("it is exited");
});

test("a loop before the start is a mistake", async () => {
  dns = create({});
  await expect(dns.loop()).rejects.toThrow("it is new");
});

test("waits between tries of the negotiation grow by half", async () => {
  const waits: number[] = [];
  webhook.fail("negotiate", "reset");
  dns = create({ random: () => 0.5, sleep: (ms) => Promise.resolve(void waits.push(ms)) });
  expect(await dns.negotiate()).toMatchObject({ outcome: "exited" });
  expect(waits).toEqual([500, 750, 1125, 1687.5]);
});

test("a hanging webhook ends the process at the deadline", async () => {
  webhook.fail("records", "hang");
  const running = await started({ deadlineMs: 50 });
  expect(await running.loop()).toMatchObject({ outcome: "exited" });
});

test("with a TXT cache a failed apply is not tried again before the cache is old", async () => {
  let nowMs = 0;
  const running = await started({ txtCacheIntervalMs: 1000, nowMs: () => nowMs });
  desired = [];
  await running.loop();
  desired = [WEB];
  webhook.fail("apply", { status: 503 }, 1);
  expect(await running.loop()).toMatchObject({ outcome: "soft error" });
  const cached = await running.loop();
  expect(cached.outcome).toBe("no changes");
  expect(cached.requests.map(({ method }) => method)).toEqual(["POST"]);
  nowMs = 1000;
  expect(await running.loop()).toMatchObject({ outcome: "applied" });
});

test("connections dropped between loops hurt a first GET but not the process", async () => {
  const running = await started({});
  await running.loop();
  webhook.dropConnections();
  expect(await running.loop()).toMatchObject({ outcome: "no changes" });
});

async function started(options: Partial<ExternalDnsOptions>): Promise<ExternalDns> {
  dns = create(options);
  expect(await dns.negotiate()).toMatchObject({ outcome: "ready" });
  return dns;
}

function create(options: Partial<ExternalDnsOptions>): ExternalDns {
  return createExternalDns({ url: webhook.url, ownerId: "me", source: () => desired, ...options });
}
