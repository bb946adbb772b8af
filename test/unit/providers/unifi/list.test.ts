// A list of the console is complete or it is an error, whatever the console does; what it holds that is not ours stays in it
// and cannot be touched.

import { afterEach, describe, expect, test } from "vitest";
import { RecordRefused, UpstreamError } from "#src/errors.ts";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import type { ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import { unbounded } from "#test/support/engine.ts";
import { name } from "#test/support/parsed.ts";
import { type ConsoleAndStore, startConsoleAndStore } from "#test/support/unifi-console.ts";

let running: ConsoleAndStore | undefined;
afterEach(() => running?.stop());

async function start(profile: ProfileName, callTimeoutMs = 3_000): Promise<ConsoleAndStore> {
  running = await startConsoleAndStore({ profile }, { callTimeoutMs });
  return running;
}

const APIS = ["udm-10.4", "udm-9.4"] as const;

describe.each(APIS)("%s", (profile) => {
  test.each([0, 1, 25, 199, 200, 201, 1_000])("lists %i records, all of them", async (count) => {
    const { console, store } = await start(profile);
    console.seed(...manyRecords(count));
    const { records } = await store.list(unbounded());
    expect(new Set(records.map((record) => record.target)).size).toBe(count);
  });

  test("says by the generation whether anything has changed", async () => {
    const { console, store } = await start(profile);
    console.seed(...manyRecords(3));
    const first = await store.list(unbounded());
    expect((await store.list(unbounded())).generation).toBe(first.generation);
    console.hand({ kind: "update", match: { name: "n1.example.com" }, set: { ttlSeconds: 60 } });
    expect((await store.list(unbounded())).generation).not.toBe(first.generation);
  });

  const FAULTS: Readonly<Record<string, FaultAction>> = {
    "a login page": { kind: "login-page" },
    "torn JSON": { kind: "truncate", keepBytes: 40 },
    "an empty object": { kind: "answer", status: 200, body: { text: "{}", contentType: "application/json" } },
    null: { kind: "answer", status: 200, body: { text: "null", contentType: "application/json" } },
    "JSON that breaks off": { kind: "answer", status: 200, body: { text: "[{", contentType: "application/json" } },
    "JSON that calls itself HTML": { kind: "answer", status: 200, body: { text: "[]", contentType: "text/html" } },
    "an empty body": { kind: "answer", status: 200, body: "empty" },
    "a redirect": { kind: "answer", status: 302, headers: { location: "/login" } },
    "500": { kind: "answer", status: 500, body: "api" },
    "503 in HTML": { kind: "answer", status: 503, body: "html" },
    "403": { kind: "answer", status: 403, body: "api" },
    "429 without Retry-After": { kind: "answer", status: 429, body: "empty" },
    "429 for an hour": { kind: "answer", status: 429, body: "empty", headers: { "retry-after": "3600" } },
    "a reset": { kind: "reset", commit: "none" },
    silence: { kind: "silence", commit: "none" },
    "a byte a second": { kind: "drip", bytesPerSecond: 1 },
    "64 MiB": { kind: "bomb", bytes: 64 * 1_048_576 },
  };
  test.each(Object.keys(FAULTS))("%s in place of the list is an error, and the next list is whole", async (what) => {
    const { console, store } = await start(profile, 1_500);
    console.seed(...manyRecords(3));
    await store.list(unbounded());
    console.faults.plan([{ operation: "list", action: FAULTS[what] as FaultAction }]);
    await expect(store.list(unbounded())).rejects.toThrow(UpstreamError);
    expect(store.status().failure).toBeDefined();
    console.faults.clear();
    expect((await store.list(unbounded())).records).toHaveLength(3);
    expect(store.status().failure).toBeUndefined();
  });

  test.each([
    { kind: "answer", status: 502, body: "html" },
    { kind: "reset", commit: "none" },
    { kind: "answer", status: 429, body: "empty", headers: { "retry-after": "0" } },
  ] as const)("is read again after one $kind", async (action) => {
    const { console, store } = await start(profile);
    console.seed(...manyRecords(3));
    console.faults.plan([{ operation: "list", action, times: 1 }]);
    expect((await store.list(unbounded())).records).toHaveLength(3);
  });

  test("ends soon after its caller has gone, with an error that can be tried again", async () => {
    const { console, store } = await start(profile, 60_000);
    console.faults.plan([{ action: { kind: "silence", commit: "none" } }]);
    await expect(store.list(AbortSignal.timeout(50))).rejects.toMatchObject({ retryable: true });
  });

  test("keeps what is not ours, switched off or odd, and refuses every change of it", async () => {
    const { console, store } = await start(profile);
    const at = { type: "A", data: "10.0.0.1" } as const;
    console.seed(
      { ...at, name: "off.example.com", enabled: false },
      { ...at, name: "strange.example.com", oddity: "unknown-type" },
      { ...at, name: "torn.example.com", oddity: "missing-fields" },
      { ...at, name: "nameless.example.com", oddity: "null-id" },
      { type: "NS", name: "forwarded.example.com", data: "10.0.0.53" },
    );
    const before = JSON.stringify(console.records());
    const { records } = await store.list(unbounded());
    expect(records).toHaveLength(5);
    expect(new Set(records.map(({ id }) => id)).size).toBe(5);
    for (const record of records) {
      await expect(store.apply({ kind: "delete", record }, unbounded())).rejects.toThrow(RecordRefused);
      const to = { name: record.name, type: "A", target: "10.9.9.9", ttlSeconds: undefined } as const;
      await expect(store.apply({ kind: "update", from: record, to }, unbounded())).rejects.toThrow(RecordRefused);
    }
    expect(JSON.stringify(console.records())).toBe(before);
  });

  test("reads capitals and host names as one canonical form", async () => {
    const { console, store } = await start(profile);
    console.seed({ type: "CNAME", name: "WWW.Example.com", data: "Host.Example.COM" });
    expect((await store.list(unbounded())).records).toMatchObject([
      { name: "www.example.com", target: "host.example.com", enabled: true },
    ]);
  });
});

describe("the official API", () => {
  test.each(["empty", "short", "total-changes", "repeated-id"] as const)(
    "with a page that is torn (%s) is read once more, and given up when it stays so",
    async (effect) => {
      const { console, store } = await start("udm-10.4");
      console.seed(...manyRecords(450));
      await store.list(unbounded());
      console.faults.plan([{ operation: "list", nth: 2, action: { kind: "page", effect } }]);
      expect(new Set((await store.list(unbounded())).records.map(({ target }) => target)).size).toBe(450);
      console.faults.clear();
      console.faults.plan([{ operation: "list", action: { kind: "page", effect } }]);
      await expect(store.list(unbounded())).rejects.toMatchObject({ code: "unifi.torn-list", retryable: true });
    },
  );

  test("with records that share an id lists them apart and changes neither", async () => {
    const { console, store } = await start("udm-10.4");
    const shared = { type: "A", uuid: "5f0c2a6e-0000-4000-8000-000000000001" } as const;
    console.seed(
      { ...shared, name: "one.example.com", data: "10.0.0.1" },
      { ...shared, name: "two.example.com", data: "10.0.0.2" },
    );
    const { records } = await store.list(unbounded());
    expect(new Set(records.map(({ id }) => id)).size).toBe(2);
    for (const record of records) {
      await expect(store.apply({ kind: "delete", record }, unbounded())).rejects.toThrow(/id that is empty or shared/);
    }
    expect(console.records()).toHaveLength(2);
  });

  test.each(["SYSTEM_DEFINED", "DERIVED", "ORCHESTRATED"] as const)(
    "shows a record of origin %s as one that nobody may touch, and counts its alias for the state",
    async (origin) => {
      const { console, store } = await start("udm-10.4");
      console.seed({ type: "CNAME", name: "a.example.com", data: "b.example.com", origin });
      const { records, rules } = await store.list(unbounded());
      expect(records).toMatchObject([{ enabled: false }]);
      const back = { name: name("b.example.com"), type: "CNAME", target: "a.example.com", enabled: true };
      expect(rules.watchState?.(records).refuse({ arriving: back })).toMatchObject({ type: "CNAME" });
    },
  );

  test("without an origin in its items lets our own records be changed", async () => {
    running = await startConsoleAndStore({ switches: { metadata: "absent" } });
    running.console.seed({ type: "A", name: "www.example.com", data: "10.0.0.1" });
    expect((await running.store.list(unbounded())).records).toMatchObject([{ enabled: true }]);
  });
});

test.each(["int", "string", "empty"] as const)("numbers of the legacy API written as %s are read", async (numbers) => {
  running = await startConsoleAndStore({ profile: "udm-9.4", switches: { numbers } });
  running.console.seed(
    { type: "SRV", name: "_sip._tcp.example.com", data: "sip.example.com", priority: 0, weight: 5, port: 5060 },
    { type: "A", name: "www.example.com", data: "10.0.0.1", ttlSeconds: 300 },
  );
  expect((await running.store.list(unbounded())).records).toMatchObject([
    { target: "0 5 5060 sip.example.com", ttlSeconds: undefined, enabled: true },
    { target: "10.0.0.1", ttlSeconds: 300, enabled: true },
  ]);
});

function manyRecords(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    type: "A" as const,
    name: `n${index}.example.com`,
    data: `10.0.${index >> 8}.${index & 255}`,
  }));
}
