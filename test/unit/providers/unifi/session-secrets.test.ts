// Password, cookie and CSRF token under every fault: in no error, at no depth, and in no line of the log. The console repeats
// whatever it was sent, in every place that a message is made of.

import { inspect } from "node:util";
import { afterEach, expect, test } from "vitest";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import { Secret } from "#src/lib/secret.ts";
import type { UnifiStore } from "#src/providers/unifi/unifi-store.ts";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import { everythingOf } from "#test/support/everything-of.ts";
import { name } from "#test/support/parsed.ts";
import { storeFor } from "#test/support/unifi-console.ts";

/** What JSON has to escape, and what no log line holds as it is. */
const PASSWORD = 'canary-"4f1d"\\ä';
const AS_SENT = JSON.stringify(PASSWORD).slice(1, -1);
const STATUSES = [200, 302, 400, 401, 403, 404, 405, 408, 413, 418, 429, 499, 500, 502, 503] as const;
const DAY_MS = 86_400_000;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

test.each(["udm-8.2", "selfhosted-10"] as const)(
  "are seen nowhere on %s, whatever goes wrong",
  async (profile) => {
    const seen: string[] = [];
    const write = (fields: object, event: string): void =>
      void seen.push(inspect([fields, event], { depth: 20, showHidden: true }));
    const log: Logger = { debug: write, info: write, warn: write, error: write };
    const switches = { loginsPerWindow: 10_000, csrfRotationWrites: 2 };
    const users = [{ username: "canary", password: PASSWORD, role: "admin" }] as const;
    const console = await startUnifiConsole({ profile, switches, users });
    stops.push(() => console.stop());
    let aheadMs = 0;
    const clock = { ...SYSTEM_CLOCK, monotonicMs: () => SYSTEM_CLOCK.monotonicMs() + aheadMs };
    const password = (): Secret => new Secret(PASSWORD);
    const store = storeFor(console, { credentials: { kind: "login", username: "canary", password }, log, clock });
    stops.push(() => store.close());
    let failures = 0;
    const attempt = async (promise: Promise<unknown>): Promise<void> =>
      promise.then(
        () => undefined,
        (error: unknown) => {
          failures += 1;
          seen.push(everythingOf(error));
        },
      );
    for (const status of STATUSES) {
      for (const operation of ["login", "list", "create"] as const) {
        aheadMs += DAY_MS;
        await store.list(unbounded()).catch(() => undefined);
        if (operation === "login") console.expireSessions();
        console.faults.plan([
          { operation, action: echo(status, [PASSWORD, AS_SENT, ...console.access.issued.slice(-2)]) },
        ]);
        await attempt(store.list(unbounded()));
        await attempt(create(store));
        seen.push(inspect(store.status()), inspect(store, { depth: 3 }));
        console.faults.clear();
        console.hand({ kind: "remove", match: { name: "new.example.com" } });
      }
    }
    expect(failures).toBeGreaterThan(STATUSES.length * 2);
    expect(console.access.issued.length).toBeGreaterThan(STATUSES.length);
    for (const secret of [PASSWORD, AS_SENT, PASSWORD.replace("ä", "?"), "canary-", ...console.access.issued]) {
      expect(seen.filter((text) => text.includes(secret))).toEqual([]);
    }
  },
  60_000,
);

test("are seen nowhere when the console is untrusted, or the password cannot be read", async () => {
  const console: UnifiConsole = await startUnifiConsole({ profile: "udm-8.2" });
  stops.push(() => console.stop());
  const login = { kind: "login", username: "canary" } as const;
  for (const store of [
    storeFor(console, { credentials: { ...login, password: () => PASSWORD }, trust: { kind: "system" } }),
    storeFor(console, { credentials: { ...login, password: () => Promise.reject(new Error(PASSWORD)) } }),
  ]) {
    const error: unknown = await store.list(unbounded()).catch((caught: unknown) => caught);
    store.close();
    expect(error).toMatchObject({ retryable: false });
    expect(everythingOf(error)).not.toContain("canary-");
  }
  expect(console.counters().logins).toBe(0);
});

function echo(status: number, secrets: readonly string[]): FaultAction {
  const text = JSON.stringify({
    code: `x ${secrets.join(" ")}`,
    message: secrets.join(" "),
    meta: { msg: secrets.join(" ") },
    error: { message: secrets.join(" ") },
    requestId: secrets.join(" "),
  });
  const contentType = status === 418 ? `text/x; ${secrets[2] ?? ""}` : "application/json";
  return { kind: "answer", status, body: { text, contentType } };
}

function create(store: UnifiStore): Promise<unknown> {
  const record = { name: name("new.example.com"), type: "A", target: "10.0.0.2", ttlSeconds: undefined } as const;
  return store.apply({ kind: "create", record }, unbounded());
}
