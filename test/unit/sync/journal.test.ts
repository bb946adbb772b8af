// Which ownership texts outlive a process that died, and for how long (docs/decisions.md 4).

import { describe, expect, test } from "vitest";
import type { DomainName } from "#src/domain/name.ts";
import type { Intent, IntentLog } from "#src/sync/journal.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { changes, endpoint, registryText, withTexts } from "#test/support/endpoints.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";
import { createVirtualClock } from "#test/support/virtual-clock.ts";

describe("the journal", () => {
  function memoryLog(): IntentLog & { intents: readonly Intent[] } {
    return {
      intents: [],
      read() {
        return Promise.resolve(this.intents);
      },
      write(intents) {
        this.intents = intents;
        return Promise.resolve();
      },
    };
  }
  const WWW = endpoint("www.example.com", "A", ["192.0.2.1"]);

  test("lets a text vanish whose data was never written, before the list is shown again", async () => {
    const intentLog = memoryLog();
    const clock = createVirtualClock();
    const store = new MemoryStore({
      fate: (step) => {
        if (step.kind === "create" && step.record.type === "A") throw new Error("the process dies here");
        return "done";
      },
    });
    await expect(
      engineOver(store, { intentLog }).applyChanges(changes({ create: withTexts(WWW) }), unbounded()),
    ).rejects.toThrow(/dies/);
    expect(store.contents()).toHaveLength(1);
    store.seed("www.example.com", "A", "198.51.100.1");
    const restarted = engineOver(store, { intentLog, clock });
    const handMade = [{ recordType: "A", targets: ["198.51.100.1"] }];
    expect(await restarted.records(unbounded())).toMatchObject(handMade);
    clock.advance(31_000);
    expect(await restarted.records(unbounded())).toMatchObject(handMade);
    expect(store.contents()).toEqual(["www.example.com A 198.51.100.1"]);
    expect(intentLog.intents).toEqual([]);
  });

  const ALIAS = endpoint("www.example.com", "CNAME", ["old.example.net"], { recordTtlSeconds: 60 });

  test.each([
    ["an alias on its way to another target", ALIAS, { ...ALIAS, targets: ["new.example.net"] }],
    ["an alias on its way to another TTL", ALIAS, { ...ALIAS, recordTtlSeconds: 300 }],
    ["an address on its way to another TTL", { ...WWW, recordTtlSeconds: 60 }, { ...WWW, recordTtlSeconds: 300 }],
  ])(
    "takes the text of %s back when the process dies between, where nothing is updated in place",
    async (_, old, to) => {
      const intentLog = memoryLog();
      const clock = createVirtualClock();
      let isDying = false;
      const store = new MemoryStore({
        canUpdate: false,
        fate: (step) => {
          if (isDying && step.kind === "create") throw new Error("the process dies here");
          return "done";
        },
      });
      const engine = engineOver(store, { intentLog });
      await engine.applyChanges(changes({ create: withTexts(old) }), unbounded());
      const update = changes({ updateOld: withTexts(old), updateNew: withTexts(to) });
      isDying = true;
      await expect(engine.applyChanges(update, unbounded())).rejects.toThrow(/dies/);
      expect(store.records.map(({ type }) => type)).toEqual(["TXT"]);
      store.seed("www.example.com", "A", "198.51.100.1");
      const restarted = engineOver(store, { intentLog, clock });
      const handMade = [{ recordType: "A", targets: ["198.51.100.1"] }];
      expect(await restarted.records(unbounded())).toMatchObject(handMade);
      clock.advance(31_000);
      expect(await restarted.records(unbounded())).toMatchObject(handMade);
      expect(store.contents()).toEqual(["www.example.com A 198.51.100.1"]);
    },
  );

  test("keeps a text that speaks for two types while one of them is away", async () => {
    const intentLog = memoryLog();
    const clock = createVirtualClock();
    const shared = registryText({ ...WWW, recordType: "any" });
    const aaaa = endpoint("www.example.com", "AAAA", ["2001:db8::1"]);
    const a = { ...WWW, recordTtlSeconds: 60 };
    let isDying = false;
    const store = new MemoryStore({
      canUpdate: false,
      fate: (step) => {
        if (isDying && step.kind === "create") throw new Error("the process dies here");
        return "done";
      },
    });
    const engine = engineOver(store, { intentLog });
    await engine.applyChanges(changes({ create: [a, aaaa, shared] }), unbounded());
    const update = changes({ updateOld: [a, shared], updateNew: [{ ...a, recordTtlSeconds: 300 }, shared] });
    isDying = true;
    await expect(engine.applyChanges(update, unbounded())).rejects.toThrow(/dies/);
    const restarted = engineOver(store, { intentLog, clock });
    expect(await restarted.records(unbounded())).toHaveLength(2);
    clock.advance(31_000);
    expect(await restarted.records(unbounded())).toHaveLength(2);
  });

  test("keeps the text of data that was written after its answer was given up", async () => {
    const clock = createVirtualClock();
    const store = new MemoryStore({
      fate: (step) => (step.kind === "create" && step.record.type === "A" ? "lost" : "done"),
    });
    const engine = engineOver(store, { intentLog: memoryLog(), clock });
    expect(await engine.applyChanges(changes({ create: withTexts(WWW) }), unbounded())).toMatchObject({
      outcome: "retry",
    });
    expect(await engine.records(unbounded())).toEqual([]);
    clock.advance(10_000);
    store.seed("www.example.com", "A", "192.0.2.1");
    clock.advance(60_000);
    expect((await engine.records(unbounded())).map(({ recordType }) => recordType).sort()).toEqual(["A", "TXT"]);
  });

  test("keeps a text whose data is there", async () => {
    const intentLog = memoryLog();
    const store = new MemoryStore({
      fate: (_step, index) => (index === 2 ? "done-but-unanswered" : "done"),
      listFails: (index) => index > 1 && index < 4,
    });
    const engine = engineOver(store, { intentLog });
    await engine.applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    expect(await engine.records(unbounded())).toHaveLength(2);
  });

  test("that cannot be read keeps nobody from his records, is not written over, and counts once it can be read", async () => {
    const store = new MemoryStore();
    const text = registryText(WWW).targets[0] ?? "";
    store.seed("a-www.example.com", "TXT", text);
    const left: Intent = {
      textName: "a-www.example.com" as DomainName,
      text,
      ownedName: "www.example.com" as DomainName,
      types: ["A"],
      values: ["A 192.0.2.1"],
    };
    const kept = memoryLog();
    kept.intents = [left];
    let isReadable = false;
    const intentLog: IntentLog = {
      read: () => (isReadable ? kept.read() : Promise.reject(new Error("EACCES"))),
      write: (intents) => kept.write(intents),
    };
    const engine = engineOver(store, { intentLog });
    expect(await engine.records(unbounded())).toHaveLength(1);
    const other = endpoint("other.example.com", "A", ["192.0.2.2"]);
    const report = await engine.applyChanges(changes({ create: withTexts(other) }), unbounded());
    expect(report.outcome).toBe("reached");
    expect(kept.intents).toEqual([left]);
    expect(engine.status().journal).toBe("memory");
    isReadable = true;
    expect((await engine.records(unbounded())).map(({ dnsName }) => dnsName)).not.toContain("a-www.example.com");
    expect(engine.status().journal).toBe("durable");
  });

  test("hides a text that the backend does not give up", async () => {
    const intentLog = memoryLog();
    const store = new MemoryStore({
      fate: (step) => (step.kind === "delete" && step.record.type === "TXT" ? "refused" : "done"),
    });
    const engine = engineOver(store, { intentLog });
    await engine.applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    await engine.applyChanges(changes({ delete: withTexts(WWW) }), unbounded());
    expect(store.contents()).toHaveLength(1);
    expect(await engine.records(unbounded())).toEqual([]);
  });
});
