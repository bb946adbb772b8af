// The moments in which a name could be without a record, or an ownership text without its data: found by random lives
// (test/property/lives), one by one here.

import { describe, expect, test } from "vitest";
import type { Intent, IntentLog } from "#src/sync/journal.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { changes, endpoint, registryText, withTexts } from "#test/support/endpoints.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";
import { createVirtualClock } from "#test/support/virtual-clock.ts";

const WWW = endpoint("www.example.com", "A", ["192.0.2.1"]);
const WWW6 = endpoint("www.example.com", "AAAA", ["2001:db8::1"]);
const ALIAS = endpoint("www.example.com", "CNAME", ["old.example.net"]);
const NEW_ALIAS = { ...ALIAS, targets: ["new.example.net"] };

describe("a name that moves from IPv4 to IPv6", () => {
  const move = changes({ create: withTexts(WWW6), delete: withTexts(WWW) });
  const refusingIPv6 = (): MemoryStore =>
    new MemoryStore({ fate: (step) => (step.kind === "create" && step.record.type === "AAAA" ? "refused" : "done") });

  test("has its new address before the old one goes", async () => {
    const store = new MemoryStore();
    const engine = engineOver(store);
    await engine.applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    expect(await engine.applyChanges(move, unbounded())).toMatchObject({ outcome: "reached" });
    expect(store.contents().filter((text) => !text.includes(" TXT "))).toEqual(["www.example.com AAAA 2001:db8::1"]);
    const kinds = store.steps.slice(2).map(({ kind }) => kind);
    expect(kinds).toEqual(["create", "create", "delete", "delete"]);
  });

  test("keeps the old one, and its text, while the new one is refused", async () => {
    const store = refusingIPv6();
    const engine = engineOver(store);
    await engine.applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    const before = store.contents();
    expect(await engine.applyChanges(move, unbounded())).toMatchObject({ outcome: "refused" });
    expect(store.contents()).toEqual(before);
    // The refused record is not even tried now: the plan must know as well.
    expect(await engine.applyChanges(move, unbounded())).toMatchObject({ outcome: "refused" });
    expect(store.contents()).toEqual(before);
  });

  test("loses the old one where another address stays", async () => {
    const store = new MemoryStore({ fate: (step) => (step.kind === "update" ? "refused" : "done") });
    const engine = engineOver(store);
    await engine.applyChanges(changes({ create: withTexts(WWW, WWW6) }), unbounded());
    const other = { ...WWW6, targets: ["2001:db8::2"] };
    await engine.applyChanges(changes({ updateOld: [WWW6], updateNew: [other], delete: withTexts(WWW) }), unbounded());
    expect(store.contents().filter((text) => !text.includes(" TXT "))).toEqual(["www.example.com AAAA 2001:db8::1"]);
  });
});

describe("an alias that cannot be updated in place", () => {
  test("leaves no text behind when the process dies between its two values", async () => {
    const kept: { intents: readonly Intent[] } = { intents: [] };
    const intentLog: IntentLog = {
      read: () => Promise.resolve(kept.intents),
      write: (intents) => {
        kept.intents = intents;
        return Promise.resolve();
      },
    };
    const store = new MemoryStore({
      canUpdate: false,
      fate: (step) => {
        if (step.kind === "create" && step.record.target === "new.example.net")
          throw new Error("the process dies here");
        return "done";
      },
    });
    await engineOver(store, { intentLog }).applyChanges(changes({ create: withTexts(ALIAS) }), unbounded());
    const text = registryText(ALIAS);
    const update = changes({ updateOld: [ALIAS, text], updateNew: [NEW_ALIAS, text] });
    await expect(engineOver(store, { intentLog }).applyChanges(update, unbounded())).rejects.toThrow(/dies/);
    expect(store.contents()).toHaveLength(1);
    const clock = createVirtualClock();
    const restarted = engineOver(store, { intentLog, clock });
    expect(await restarted.records(unbounded())).toEqual([]);
    clock.advance(31_000);
    expect(await restarted.records(unbounded())).toEqual([]);
    expect([store.contents(), kept.intents]).toEqual([[], []]);
  });

  test("keeps its text once the new value is there", async () => {
    const clock = createVirtualClock();
    const store = new MemoryStore({ canUpdate: false });
    const engine = engineOver(store, { clock });
    await engine.applyChanges(changes({ create: withTexts(ALIAS) }), unbounded());
    const text = registryText(ALIAS);
    await engine.applyChanges(changes({ updateOld: [ALIAS, text], updateNew: [NEW_ALIAS, text] }), unbounded());
    clock.advance(60_000);
    expect((await engine.records(unbounded())).map(({ recordType }) => recordType).sort()).toEqual(["CNAME", "TXT"]);
  });
});
