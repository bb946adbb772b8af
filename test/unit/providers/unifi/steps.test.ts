// One step against the console, and what comes of it when the console or somebody else does the unexpected.

import { afterEach, describe, expect, test } from "vitest";
import { RecordRefused, UpstreamConflict, UpstreamRejected, UpstreamUnavailable } from "#src/errors.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import type { DesiredRecord, StoredRecord } from "#src/providers/provider.ts";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import type { UnifiConsoleOptions } from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import { name } from "#test/support/parsed.ts";
import { type ConsoleAndStore, startConsoleAndStore } from "#test/support/unifi-console.ts";

let running: ConsoleAndStore | undefined;
let aheadMs = 0;
afterEach(() => running?.stop());

/** A console that holds `www.example.com A 10.0.0.1`, and its record as the store lists it. */
async function start(options: UnifiConsoleOptions) {
  aheadMs = 0;
  const clock = { ...SYSTEM_CLOCK, monotonicMs: () => SYSTEM_CLOCK.monotonicMs() + aheadMs };
  running = await startConsoleAndStore(options, { clock });
  const { console, store } = running;
  console.seed({ type: "A", name: "www.example.com", data: "10.0.0.1" });
  const [record] = (await store.list(unbounded())).records as [StoredRecord];
  const apply = {
    create: (wanted: DesiredRecord) => store.apply({ kind: "create", record: wanted }, unbounded()),
    update: (from: StoredRecord, to: DesiredRecord) => store.apply({ kind: "update", from, to }, unbounded()),
    delete: (gone: StoredRecord) => store.apply({ kind: "delete", record: gone }, unbounded()),
  };
  return { console, store, record, apply };
}

function desired(owner: string, type: DesiredRecord["type"], target: string, ttlSeconds?: number): DesiredRecord {
  return { name: name(owner), type, target, ttlSeconds };
}

const NEW = desired("new.example.com", "A", "10.0.0.2");
const MOVED = desired("www.example.com", "A", "10.0.0.9");

describe.each(["udm-10.4", "udm-9.4"] as const)("%s", (profile) => {
  test("an update keeps the record and its id", async () => {
    const { console, apply, record } = await start({ profile });
    const outcome = await apply.update(record, { ...MOVED, ttlSeconds: 300 });
    expect(outcome).toEqual({ kind: "done", record: { ...record, target: "10.0.0.9", ttlSeconds: 300 } });
    expect(console.records()).toMatchObject([{ data: "10.0.0.9", ttlSeconds: 300, enabled: true }]);
  });

  test("a create of what stands there is done without a write", async () => {
    const { console, apply, record } = await start({ profile });
    expect(await apply.create(desired("www.example.com", "A", "10.0.0.1"))).toEqual({ kind: "done", record });
    expect(console.counters()).toMatchObject({ writes: 0 });
  });

  test("a create of what somebody has just made is done with their record", async () => {
    const { console, apply } = await start({ profile });
    console.hand({ kind: "create", record: { type: "A", name: "new.example.com", data: "10.0.0.2" } });
    expect(await apply.create(NEW)).toMatchObject({ kind: "done", record: { target: "10.0.0.2" } });
    expect(console.records()).toHaveLength(2);
  });

  test("a create of what is there but switched off is refused, and it stays switched off", async () => {
    const { console, apply } = await start({ profile });
    console.hand({ kind: "create", record: { type: "A", name: "new.example.com", data: "10.0.0.2", enabled: false } });
    await expect(apply.create(NEW)).rejects.toThrow(RecordRefused);
    expect(console.records().at(-1)).toMatchObject({ enabled: false });
  });

  test("a create beside an alias that has just been made is not sent when the list is older than five seconds", async () => {
    const { console, apply } = await start({ profile });
    console.hand({ kind: "create", record: { type: "CNAME", name: "new.example.com", data: "www.example.com" } });
    aheadMs = 5_001;
    await expect(apply.create(NEW)).rejects.toThrow(UpstreamConflict);
    expect(console.counters()).toMatchObject({ writes: 0 });
  });

  test("a create that the console calls a duplicate of something it does not list is refused", async () => {
    const { console, apply } = await start({ profile });
    console.faults.plan([{ operation: "create", action: { kind: "refuse", refusal: "already-exists" } }]);
    await expect(apply.create(NEW)).rejects.toMatchObject({ code: "unifi.already-exists" });
  });

  test("a name that a client of the console has is refused with words that help", async () => {
    const clients = [{ hostname: "nas", localDnsRecord: "new.example.com" }];
    const { apply } = await start({ profile, clients });
    await expect(apply.create(NEW)).rejects.toThrow(/client's Local DNS record/);
  });

  test("a record changed by hand is neither overwritten nor deleted", async () => {
    const { console, apply, record } = await start({ profile });
    console.hand({ kind: "update", match: { name: "www.example.com" }, set: { data: "10.0.0.77" } });
    aheadMs = 5_001;
    await expect(apply.update(record, MOVED)).rejects.toThrow(UpstreamConflict);
    expect(await apply.delete(record)).toEqual({ kind: "done" });
    expect(console.records()).toMatchObject([{ data: "10.0.0.77" }]);
  });

  test("a record taken away by hand is deleted already, and cannot be updated", async () => {
    const { console, apply, record } = await start({ profile });
    console.hand({ kind: "remove", match: { name: "www.example.com" } });
    await expect(apply.update(record, MOVED)).rejects.toThrow(UpstreamConflict);
    expect(await apply.delete(record)).toEqual({ kind: "done" });
  });

  test("a delete takes one value and leaves the others of its name", async () => {
    const { console, apply, record } = await start({ profile });
    console.seed({ type: "A", name: "www.example.com", data: "10.0.0.2" });
    console.seed({ type: "TXT", name: "www.example.com", data: "hello" });
    await apply.delete(record);
    expect(console.records()).toMatchObject([{ data: "10.0.0.2" }, { data: "hello" }]);
  });

  const AMBIGUOUS: Readonly<Record<string, FaultAction>> = {
    "a reset after the write": { kind: "reset", commit: "first" },
    "a 502 after the write": { kind: "answer", status: 502, body: "html", commit: "first" },
    "a 504 before the write": { kind: "answer", status: 504, body: "empty" },
    "a reset before the write": { kind: "reset", commit: "none" },
    "a write that arrives late": { kind: "late-write", delayMs: 50, reply: "504" },
  };
  test.each(Object.keys(AMBIGUOUS))("%s is an error to list again after, and nothing is sent twice", async (what) => {
    const { console, apply } = await start({ profile });
    const before = console.requests().length;
    console.faults.plan([{ operation: "create", action: AMBIGUOUS[what] as FaultAction, times: 1 }]);
    await expect(apply.create(NEW)).rejects.toThrow(UpstreamUnavailable);
    expect(
      console
        .requests()
        .slice(before)
        .filter(({ method }) => method === "POST"),
    ).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await apply.create(NEW)).toMatchObject({ kind: "done" });
    expect(console.records()).toHaveLength(2);
  });

  test("an answer to a create that cannot be read is settled by the list", async () => {
    const { console, apply } = await start({ profile });
    const body = { text: "{}", contentType: "application/json" };
    console.faults.plan([{ operation: "create", action: { kind: "answer", status: 201, body, commit: "first" } }]);
    expect(await apply.create(NEW)).toMatchObject({ kind: "done", record: { target: "10.0.0.2", enabled: true } });
  });

  test("a write turned away with 429 is sent once more after the time asked for", async () => {
    const { console, apply } = await start({ profile });
    const action = { kind: "answer", status: 429, body: "empty", headers: { "retry-after": "0" } } as const;
    console.faults.plan([{ operation: "create", action, times: 1 }]);
    expect(await apply.create(NEW)).toMatchObject({ kind: "done" });
  });

  test("a record that meets 500 twice is refused, so that others go on; a console that meets it always is not", async () => {
    const { console, apply } = await start({ profile });
    const action = { kind: "answer", status: 500, body: "api" } as const;
    console.faults.plan([{ operation: "create", name: NEW.name, action }]);
    await expect(apply.create(NEW)).rejects.toThrow(UpstreamUnavailable);
    await expect(apply.create(NEW)).rejects.toThrow(RecordRefused);
    await apply.create(desired("other.example.com", "A", "10.0.0.3"));

    console.faults.clear();
    console.faults.plan([{ operation: "create", action }]);
    const [one, two] = ["one", "two"].map((label) => desired(`${label}.example.com`, "A", "10.0.0.4"));
    const outcomes: unknown[] = [];
    for (const record of [one, one, two, two, two]) {
      outcomes.push(await apply.create(record as DesiredRecord).catch((error: Error) => error.name));
    }
    const away = "UpstreamUnavailable";
    expect(outcomes).toEqual([away, "RecordRefused", away, away, away]);
  });

  test("a 500 after the write is no refusal", async () => {
    const { console, apply, record } = await start({ profile });
    console.faults.plan([
      { operation: "delete", action: { kind: "answer", status: 500, body: "api", commit: "first" } },
    ]);
    await expect(apply.delete(record)).rejects.toThrow(UpstreamUnavailable);
    expect(await apply.delete(record)).toEqual({ kind: "done" });
  });

  test("a key that may only read is a rejection that no repetition helps", async () => {
    running = await startConsoleAndStore({ profile });
    const viewer = running.console.viewerKey;
    await running.stop();
    const { console, store } = (running = await startConsoleAndStore({ profile }, { apiKey: () => viewer }));
    await store.list(unbounded());
    const failure = store.apply({ kind: "create", record: NEW }, unbounded());
    await expect(failure).rejects.toThrow(UpstreamRejected);
    await expect(failure).rejects.toMatchObject({ code: "unifi.permission" });
    expect(console.records()).toEqual([]);
  });
});

describe("a legacy API that cannot update in place", () => {
  test.each(["already-exists", "404", "405"] as const)("(%s) is learned after one try", async (v2Put) => {
    const { console, store, apply, record } = await start({ profile: "udm-9.4", switches: { v2Put } });
    expect(await apply.update(record, MOVED)).toEqual({ kind: "unsupported" });
    const puts = () => console.requests().filter(({ method }) => method === "PUT").length;
    expect(await apply.update(record, MOVED)).toEqual({ kind: "unsupported" });
    expect(puts()).toBe(1);
    expect(store.status().typesWithoutUpdate).toEqual(["A"]);
    expect(console.records()).toMatchObject([{ data: "10.0.0.1" }]);
  });

  test("(500) is learned when it happens again", async () => {
    const { apply, record } = await start({ profile: "udm-9.4", switches: { v2Put: "500" } });
    await expect(apply.update(record, MOVED)).rejects.toThrow(UpstreamUnavailable);
    expect(await apply.update(record, MOVED)).toEqual({ kind: "unsupported" });
    expect(await apply.update(record, MOVED)).toEqual({ kind: "unsupported" });
  });

  test("and has the new value from somebody else asks for a new plan", async () => {
    const { console, apply, record } = await start({ profile: "udm-9.4" });
    console.hand({ kind: "create", record: { type: "A", name: "www.example.com", data: "10.0.0.9" } });
    await expect(apply.update(record, MOVED)).rejects.toThrow(UpstreamConflict);
  });
});

describe("the official API, which updates in place", () => {
  test("and once says 404 of a record that it lists is asked anew, without learning anything", async () => {
    const { console, store, apply, record } = await start({ profile: "udm-10.4" });
    console.faults.plan([{ operation: "update", action: { kind: "answer", status: 404, body: "api" }, times: 1 }]);
    await expect(apply.update(record, MOVED)).rejects.toThrow(UpstreamConflict);
    expect(store.status().typesWithoutUpdate).toEqual([]);
    expect(await apply.update(record, MOVED)).toMatchObject({ kind: "done" });
  });

  test("but answers 405 on some build is believed", async () => {
    const { console, apply, record } = await start({ profile: "udm-10.4" });
    console.faults.plan([{ operation: "update", action: { kind: "answer", status: 405, body: "html" }, times: 1 }]);
    expect(await apply.update(record, MOVED)).toEqual({ kind: "unsupported" });
  });
});
