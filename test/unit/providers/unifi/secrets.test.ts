// The API key under every fault: in no error, at no depth, and in no line of the log; and how it is replaced.

import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { UpstreamRejected } from "#src/errors.ts";
import type { Logger } from "#src/lib/log.ts";
import { Secret } from "#src/lib/secret.ts";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import { everythingOf } from "#test/support/everything-of.ts";
import { name } from "#test/support/parsed.ts";
import { storeFor } from "#test/support/unifi-console.ts";

const CANARY = "canary-key-4f1d0c";
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(options: Parameters<typeof startUnifiConsole>[0] = {}): Promise<UnifiConsole> {
  const console = await startUnifiConsole(options);
  stops.push(() => console.stop());
  console.access.keys.set(CANARY, "admin");
  return console;
}

const echo = {
  text: `{"code":"x","message":"bad ${CANARY}","meta":{"msg":"${CANARY}"}}`,
  contentType: "application/json",
};
const FAULTS: readonly FaultAction[] = [
  ...[302, 400, 401, 403, 404, 405, 409, 413, 418, 429, 499, 500, 502, 503].map(
    (status) => ({ kind: "answer", status, body: echo }) as const,
  ),
  { kind: "answer", status: 200, body: echo },
  { kind: "answer", status: 200, body: { text: CANARY, contentType: CANARY } },
  { kind: "answer", status: 200, body: { text: CANARY, contentType: "application/json" } },
  { kind: "login-page" },
  { kind: "truncate", keepBytes: 5 },
  { kind: "reset", commit: "none" },
  { kind: "reset", commit: "first" },
  { kind: "silence", commit: "none" },
  { kind: "drip", bytesPerSecond: 1 },
  { kind: "bomb", bytes: 64 * 1_048_576 },
  { kind: "close-idle" },
];

test("is seen nowhere, whatever goes wrong at a list or a write", async () => {
  const seen: string[] = [];
  const write = (fields: object, event: string): void =>
    void seen.push(inspect([fields, event], { depth: 20, showHidden: true }));
  const log: Logger = { debug: write, info: write, warn: write, error: write };
  const console = await start();
  console.seed({ type: "A", name: "www.example.com", data: "10.0.0.1" });
  const store = storeFor(console, { apiKey: () => new Secret(CANARY), log, callTimeoutMs: 1_000 });
  stops.push(() => store.close());
  const note = (error: unknown): void => void seen.push(everythingOf(error));
  let failures = 0;
  for (const action of FAULTS) {
    await store.list(unbounded());
    console.faults.plan([{ operation: ["list", "create"], action }]);
    const record = { name: name("new.example.com"), type: "A", target: "10.0.0.2", ttlSeconds: undefined } as const;
    for (const attempt of [() => store.apply({ kind: "create", record }, unbounded()), () => store.list(unbounded())]) {
      await attempt().catch((error: unknown) => {
        failures += 1;
        note(error);
      });
    }
    seen.push(inspect(store.status()), inspect(store, { depth: 1 }));
    console.faults.clear();
    console.hand({ kind: "remove", match: { name: "new.example.com" } });
  }
  expect(failures).toBeGreaterThan(FAULTS.length);
  expect(seen.filter((text) => text.includes(CANARY))).toEqual([]);
}, 60_000);

test("is seen nowhere when the console is untrusted, or the key cannot be sent", async () => {
  const console = await start();
  const cases = [
    storeFor(console, { apiKey: () => CANARY, trust: { kind: "system" } }),
    storeFor(console, { apiKey: () => `${CANARY}\n${CANARY}` }),
    storeFor(console, { apiKey: () => Promise.reject(new Error(CANARY)) }),
    storeFor(console, { apiKey: () => `${CANARY}ä` }),
  ];
  for (const store of cases) {
    const error: unknown = await store.list(unbounded()).catch((caught: unknown) => caught);
    store.close();
    expect(error).toBeInstanceOf(UpstreamRejected);
    expect(everythingOf(error)).not.toContain(CANARY);
  }
});

describe("a replaced key", () => {
  test("is read once after the old one was refused, and the call goes on with it", async () => {
    const console = await start();
    const needs: string[] = [];
    const apiKey = (need: "current" | "fresh"): string => {
      needs.push(need);
      return need === "fresh" ? CANARY : "old-key";
    };
    const store = storeFor(console, { apiKey });
    stops.push(() => store.close());
    await expect(store.list(unbounded())).resolves.toBeDefined();
    expect(needs.slice(0, 2)).toEqual(["current", "fresh"]);
  });

  test("that is the same as before is not tried again", async () => {
    const console = await start();
    console.revokeKeys();
    const store = storeFor(console, { apiKey: () => CANARY });
    stops.push(() => store.close());
    await expect(store.list(unbounded())).rejects.toMatchObject({ code: "unifi.credentials", retryable: false });
    expect(console.requests()).toHaveLength(1);
  });
});
