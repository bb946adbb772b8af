// Which API and which site the store finds on which console, and how it finds out that both have changed.

import { afterEach, describe, expect, test } from "vitest";
import { UpstreamProtocol, UpstreamRejected, UpstreamUnavailable } from "#src/errors.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import { eventually } from "#test/support/eventually.ts";
import { type StoreForOptions, storeFor } from "#test/support/unifi-console.ts";

describe("the API", () => {
  test.each([
    { profile: "udm-9.4", api: "static-dns" },
    { profile: "udm-10.0", api: "static-dns" },
    { profile: "udm-10.4", api: "policies" },
    { profile: "udm-10.6", api: "policies" },
    { profile: "os-server", api: "policies" },
  ] as const)("of $profile is $api", async ({ profile, api }) => {
    const { store } = await over({ profile });
    await store.list(unbounded());
    expect(store.status()).toMatchObject({ api, site: "default", failure: undefined });
  });

  test("can be forced to the legacy one", async () => {
    const { store, console } = await over({}, { api: "static-dns" });
    await store.list(unbounded());
    expect(store.status().api).toBe("static-dns");
    expect(console.requests().some(({ path }) => path.includes("dns/policies"))).toBe(false);
  });

  test("forced to the official one where there is none is an error that says what is needed", async () => {
    const { store } = await over({ profile: "udm-9.4" }, { api: "policies" });
    await expect(store.list(unbounded())).rejects.toThrow(/needs Network 10\.1 .* runs Network 9\.4\.19/);
  });

  test("is none on a gateway without static DNS, and the error says so", async () => {
    const { store } = await over({ profile: "usg" });
    await expect(store.list(unbounded())).rejects.toThrow(/offers no DNS records.*8\.2\.93.*USG/);
  });

  test("is not decided by a console that fails: the next list asks again", async () => {
    const { store, console } = await over({});
    console.faults.plan([
      { pathPattern: "dns/policies", action: { kind: "answer", status: 503, body: "html" }, times: 3 },
    ]);
    await expect(store.list(unbounded())).rejects.toThrow(UpstreamUnavailable);
    expect(store.status().api).toBeUndefined();
    await store.list(unbounded());
    expect(store.status().api).toBe("policies");
  });

  test.each([1, 2])(
    "is not decided by %i stray pages in the place of the version: the next list asks again",
    async (times) => {
      const { store, console } = await over({});
      console.faults.plan([{ pathPattern: "/v1/info$", action: { kind: "login-page" }, times }]);
      await expect(store.list(unbounded())).rejects.toThrow(UpstreamProtocol);
      await store.list(unbounded());
      expect(store.status().api).toBe("policies");
    },
  );

  test("of a key that is refused stays open, and no other API is tried", async () => {
    const { store, console } = await over({}, { apiKey: () => "wrong" });
    await expect(store.list(unbounded())).rejects.toThrow(UpstreamRejected);
    expect(console.requests().map(({ path }) => path)).toEqual(["/proxy/network/integration/v1/info"]);
  });
});

describe("an upgrade from 9.4 to 10.4", () => {
  test("is found after the outage that comes with it, and records keep their identity", async () => {
    const { store, console } = await over({ profile: "udm-9.4" });
    console.seed({ type: "A", name: "www.example.com", data: "10.0.0.1" });
    const [before] = (await store.list(unbounded())).records;
    await console.reboot({ downMs: LONGER_THAN_RETRIES_MS });
    await expect(store.list(unbounded())).rejects.toThrow(UpstreamUnavailable);
    console.upgrade("udm-10.4");
    const [after] = await eventually(
      "the console is back",
      async () => (await store.list(unbounded()).catch(() => undefined))?.records,
    );
    expect(store.status()).toMatchObject({ api: "policies", version: "10.4.57" });
    expect(after).toEqual({ ...before, id: after?.id });
    expect(after?.id).not.toBe(before?.id);
    // The step was planned with an id of the old API.
    if (before !== undefined) await store.apply({ kind: "delete", record: before }, unbounded());
    expect(console.records()).toEqual([]);
  });

  test("undone is found by the first list that is not there any more", async () => {
    const { store, console } = await over({ profile: "udm-10.4" });
    console.seed({ type: "A", name: "www.example.com", data: "10.0.0.1" });
    await store.list(unbounded());
    console.upgrade("udm-9.4");
    expect((await store.list(unbounded())).records).toHaveLength(1);
    expect(store.status().api).toBe("static-dns");
  });

  test("back and forth is followed once a minute", async () => {
    let aheadMs = 0;
    const clock = { ...SYSTEM_CLOCK, monotonicMs: () => SYSTEM_CLOCK.monotonicMs() + aheadMs };
    const { store, console } = await over({ profile: "udm-10.4" }, { clock });
    await store.list(unbounded());
    console.upgrade("udm-9.4");
    await store.list(unbounded());
    console.upgrade("usg");
    await expect(store.list(unbounded())).rejects.toThrow(UpstreamProtocol);
    console.upgrade("udm-10.4");
    aheadMs = 60_000;
    await store.list(unbounded());
    expect(store.status().api).toBe("policies");
  });
});

describe("the site", () => {
  const sites = [
    { reference: "h4x0r9", name: "Cabin" },
    { reference: "abc123", name: "Office" },
    { reference: "def456", name: "Office" },
  ];

  test.each(["udm-10.4", "udm-9.4"] as const)("is found by reference, name or UUID on %s", async (profile) => {
    const console = await startUnifiConsole({ profile, sites });
    stops.push(() => console.stop());
    const { uuid } = console.site("h4x0r9").identity;
    for (const site of ["h4x0r9", "Cabin", "cabin", uuid, uuid.toUpperCase()]) {
      const store = storeFor(console, { site });
      await store.list(unbounded());
      expect(store.status().site).toBe("h4x0r9");
      store.close();
    }
  });

  test("that does not exist is an error that lists those which do, and no login storm", async () => {
    const { store, console } = await over({ sites }, { site: "nowhere" });
    await expect(store.list(unbounded())).rejects.toThrow(/no site "nowhere".*default.*h4x0r9 \("Cabin"\)/);
    expect(console.requests().length).toBeLessThan(4);
  });

  test("whose name is not unique is an error that lists the candidates", async () => {
    const { store } = await over({ sites }, { site: "Office" });
    await expect(store.list(unbounded())).rejects.toThrow(/several sites are called "Office".*abc123.*def456/);
  });
});

/** Repeated reads of one list end before it. */
const LONGER_THAN_RETRIES_MS = 1_500;

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function over(options: UnifiConsoleOptions, more: StoreForOptions = {}) {
  const console: UnifiConsole = await startUnifiConsole(options);
  const store = storeFor(console, more);
  stops.push(
    () => store.close(),
    () => console.stop(),
  );
  return { console, store };
}
