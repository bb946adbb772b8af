import { describe, expect, test } from "vitest";
import type { Changes } from "#src/domain/changes.ts";
import type { Endpoint } from "#src/domain/endpoint.ts";
import type { OperatedEngine } from "#src/sync/engine.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { changes, endpoint, withTexts } from "#test/support/endpoints.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";
import { createVirtualClock, type VirtualClock } from "#test/support/virtual-clock.ts";

const MINUTE_MS = 60_000;
const NAME = "www.example.com";
const OURS = "192.0.2.1";
const THEIRS = "192.0.2.99";

interface Bench {
  readonly store: MemoryStore;
  readonly engine: OperatedEngine;
  readonly clock: VirtualClock;
  /** What the log said of records left alone. */
  readonly warnings: readonly object[];
}

function bench(): Bench {
  const store = new MemoryStore();
  const clock = createVirtualClock();
  const warnings: object[] = [];
  const log = {
    debug() {},
    info() {},
    warn: (fields: object, message: string) => void (message === "record left alone" && warnings.push(fields)),
    error() {},
  };
  return { store, engine: engineOver(store, { clock, log }), clock, warnings };
}

/** A minute passes, then external-dns asks: from what stands there to what is wanted. */
async function ask(
  { engine, clock, store }: Bench,
  wanted: Endpoint,
  afterMs = MINUTE_MS,
): ReturnType<OperatedEngine["applyChanges"]> {
  clock.advance(afterMs);
  const present = store.records.filter(({ name, type }) => name === wanted.dnsName && type === wanted.recordType);
  const old = { ...wanted, targets: present.map(({ target }) => target) };
  const batch: Changes =
    present.length === 0
      ? changes({ create: withTexts(wanted) })
      : changes({ updateOld: withTexts(old), updateNew: withTexts(wanted) });
  return engine.applyChanges(batch, unbounded());
}

function changeByHand({ store }: Bench, target = THEIRS): void {
  store.records = store.records.map((record) => (record.name === NAME ? { ...record, target } : record));
}

function removeByHand({ store }: Bench): void {
  store.records = store.records.filter(({ name }) => name !== NAME);
}

const WANTED = endpoint(NAME, "A", [OURS]);

/** The first write, and so many that somebody undoes and we repeat. */
async function fight(at: Bench, rewrites: number, undo: (at: Bench) => void = changeByHand): Promise<void> {
  await ask(at, WANTED);
  for (let count = 0; count < rewrites; count += 1) {
    undo(at);
    expect(await ask(at, WANTED)).toMatchObject({ outcome: "reached" });
  }
  undo(at);
}

describe("a record that somebody else keeps changing back", () => {
  test.each([
    ["to another value", changeByHand],
    ["by taking it away", removeByHand],
  ])("%s is written again five times in ten minutes and then left alone, with a reason", async (_how, undo) => {
    const at = bench();
    await fight(at, 5, undo);
    const before = at.store.contents();
    expect(await ask(at, WANTED)).toMatchObject({
      outcome: "retry",
      applied: 0,
      failures: [
        { name: NAME, type: "A", code: "record.contested", retryable: true },
        { code: "ownership.data-refused" },
      ],
    });
    expect(at.store.contents()).toEqual(before);
    expect(at.engine.status().contested).toBe(1);
  });

  test("is said once in the log, whatever external-dns asks for meanwhile", async () => {
    const at = bench();
    await fight(at, 5);
    for (let loop = 0; loop < 5; loop += 1) await ask(at, WANTED);
    expect(at.warnings).toMatchObject([{ name: NAME, type: "A", code: "record.contested" }]);
  });

  test("keeps nothing else of the batch away", async () => {
    const at = bench();
    await fight(at, 5);
    const other = endpoint("other.example.com", "A", [OURS]);
    const batch = changes({
      updateOld: withTexts({ ...WANTED, targets: [THEIRS] }),
      updateNew: withTexts(WANTED),
      create: withTexts(other),
    });
    expect(await at.engine.applyChanges(batch, unbounded())).toMatchObject({ outcome: "retry", applied: 2 });
    expect(at.store.contents()).toContain(`other.example.com A ${OURS}`);
    expect(at.store.contents()).toContain(`${NAME} A ${THEIRS}`);
  });

  test("leaves a name that was to move to it at its old address", async () => {
    const at = bench();
    await fight(at, 5, removeByHand);
    const old = endpoint(NAME, "AAAA", ["2001:db8::1"]);
    await at.engine.applyChanges(changes({ create: withTexts(old) }), unbounded());
    const move = changes({ create: withTexts(WANTED), delete: withTexts(old) });
    expect(await at.engine.applyChanges(move, unbounded())).toMatchObject({
      outcome: "retry",
      applied: 0,
      failures: expect.arrayContaining([
        expect.objectContaining({ type: "A", code: "record.contested" }),
        expect.objectContaining({ type: "AAAA", code: "swap.refused" }),
      ]),
    });
    expect(at.store.contents()).toContain(`${NAME} AAAA 2001:db8::1`);
    expect((await at.engine.records(unbounded())).map(({ recordType }) => recordType)).toContain("AAAA");
  });

  test("is written again after ten minutes, and the count begins anew", async () => {
    const at = bench();
    await fight(at, 5);
    await ask(at, WANTED);
    at.clock.advance(10 * MINUTE_MS);
    expect(at.engine.status().contested).toBe(0);
    expect(await ask(at, WANTED)).toMatchObject({ outcome: "reached" });
    changeByHand(at);
    expect(await ask(at, WANTED)).toMatchObject({ outcome: "reached" });
  });

  test("is not left alone when the fight is slower than five times in ten minutes", async () => {
    const at = bench();
    await ask(at, WANTED);
    for (let count = 0; count < 20; count += 1) {
      changeByHand(at);
      at.clock.advance(2 * MINUTE_MS);
      expect(await ask(at, WANTED)).toMatchObject({ outcome: "reached" });
    }
  });

  test("is written at once when something else is wanted there", async () => {
    const at = bench();
    await fight(at, 5);
    await ask(at, WANTED);
    expect(await ask(at, endpoint(NAME, "A", ["192.0.2.2"]))).toMatchObject({ outcome: "reached" });
    expect(at.engine.status().contested).toBe(0);
  });

  test("may be deleted while it is left alone", async () => {
    const at = bench();
    await fight(at, 5);
    await ask(at, WANTED);
    const gone = changes({ delete: withTexts({ ...WANTED, targets: [THEIRS] }) });
    expect(await at.engine.applyChanges(gone, unbounded())).toMatchObject({ outcome: "reached" });
    expect(at.store.contents()).toEqual([]);
  });

  test("with a TTL that is set back each time is a fight as well", async () => {
    const at = bench();
    const wanted = endpoint(NAME, "A", [OURS], { recordTtlSeconds: 60 });
    const undo = (): void => {
      at.store.records = at.store.records.map((record) => ({ ...record, ttlSeconds: 300 }));
    };
    for (let count = 0; count <= 5; count += 1) {
      expect(await ask(at, wanted)).toMatchObject({ outcome: "reached" });
      undo();
    }
    expect(await ask(at, wanted)).toMatchObject({ outcome: "retry" });
  });
});

describe("no fight is", () => {
  test("a source that changes its mind every minute, back and forth, while nobody else touches the record", async () => {
    const at = bench();
    for (let count = 0; count < 30; count += 1) {
      const wanted = endpoint(NAME, "A", [`192.0.2.${1 + (count % 2)}`]);
      expect(await ask(at, wanted)).toMatchObject({ outcome: "reached" });
    }
    expect(at.warnings).toEqual([]);
  });

  test("an application that comes and goes every minute", async () => {
    const at = bench();
    for (let count = 0; count < 30; count += 1) {
      expect(await ask(at, WANTED)).toMatchObject({ outcome: "reached" });
      at.clock.advance(MINUTE_MS);
      const gone = changes({ delete: withTexts(WANTED) });
      expect(await at.engine.applyChanges(gone, unbounded())).toMatchObject({ outcome: "reached" });
    }
  });

  test("a second value that comes and goes by hand beside ours", async () => {
    const at = bench();
    await ask(at, WANTED);
    for (let count = 0; count < 20; count += 1) {
      at.store.seed(NAME, "A", THEIRS);
      at.clock.advance(MINUTE_MS);
      expect(
        await at.engine.applyChanges(changes({ updateOld: [WANTED], updateNew: [WANTED] }), unbounded()),
      ).toMatchObject({ outcome: "reached", applied: 0 });
      at.store.records = at.store.records.filter(({ target }) => target !== THEIRS);
    }
  });

  test("a backend that loses every answer", async () => {
    let isLossy = true;
    const store = new MemoryStore({ fate: () => (isLossy ? "done-but-unanswered" : "done") });
    const clock = createVirtualClock();
    const at: Bench = { store, clock, engine: engineOver(store, { clock }), warnings: [] };
    for (let count = 0; count < 20; count += 1) await ask(at, endpoint(NAME, "A", [`192.0.2.${count}`]));
    isLossy = false;
    expect(await ask(at, WANTED)).toMatchObject({ outcome: "reached" });
    expect(at.engine.status().contested).toBe(0);
  });
});

test("two processes that feed one name with different values come to rest on one of them", async () => {
  const store = new MemoryStore();
  const clock = createVirtualClock();
  const gateways = ["192.0.2.1", "192.0.2.2"].map((target) => ({
    wanted: endpoint(NAME, "A", [target]),
    at: { store, clock, engine: engineOver(store, { clock }), warnings: [] },
  }));
  const loop = async (): Promise<void> => {
    for (const { at, wanted } of gateways) await ask(at, wanted, MINUTE_MS / 2);
  };
  for (let count = 0; count < 7; count += 1) await loop();
  const { length } = store.steps;
  for (let count = 0; count < 8; count += 1) await loop();
  expect(store.steps).toHaveLength(length);
  expect(gateways.filter(({ at }) => at.engine.status().contested === 1)).toHaveLength(1);
});
