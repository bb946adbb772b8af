import { describe, expect, test } from "vitest";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { changes, endpoint, registryText, withTexts } from "#test/support/endpoints.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";

const WWW = endpoint("www.example.com", "A", ["192.0.2.1"]);
const HERITAGE = '"heritage=external-dns,external-dns/owner=test-owner,external-dns/resource=ingress/default/app"';

function kinds(store: MemoryStore): readonly string[] {
  return store.steps.map((step) => `${step.kind} ${step.kind === "update" ? step.to.type : step.record.type}`);
}

describe("create", () => {
  test("writes the ownership text before its data", async () => {
    const store = new MemoryStore();
    const report = await engineOver(store).applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    expect(report).toMatchObject({ outcome: "reached", applied: 2, remaining: 0, failures: [] });
    expect(kinds(store)).toEqual(["create TXT", "create A"]);
  });

  test("of what is there already in full writes nothing", async () => {
    const store = new MemoryStore();
    const engine = engineOver(store);
    await engine.applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    const again = await engine.applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    expect(again).toMatchObject({ outcome: "reached", applied: 0 });
  });

  test.each([
    ["an equal value", "192.0.2.1"],
    ["another value", "192.0.2.99"],
  ])("does not claim a foreign record with %s", async (_title, target) => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", target);
    const report = await engineOver(store).applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    expect(report.outcome).toBe("refused");
    expect(report.failures.map((failure) => failure.code)).toContain("record.foreign");
    expect(store.contents()).toEqual([`www.example.com A ${target}`]);
  });

  test("beside a foreign alias is refused, and its text is not written", async () => {
    const store = new MemoryStore();
    store.seed("www.example.com", "CNAME", "elsewhere.example.net");
    const report = await engineOver(store).applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    expect(report.failures.map((failure) => failure.code)).toEqual(["name.taken", "ownership.data-refused"]);
    expect(store.steps).toEqual([]);
  });

  test("takes the ownership text back when the data is refused for good", async () => {
    const store = new MemoryStore({
      fate: (step) => (step.kind === "create" && step.record.type === "A" ? "refused" : "done"),
    });
    const report = await engineOver(store).applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    expect(report.outcome).toBe("refused");
    expect(store.contents()).toEqual([]);
  });

  test("keeps a text that still serves another type of the name", async () => {
    const aaaa = endpoint("www.example.com", "AAAA", ["2001:db8::1"]);
    const shared = registryText({ ...WWW, recordType: "any" });
    const store = new MemoryStore({
      fate: (step) => (step.kind === "create" && step.record.type === "A" ? "refused" : "done"),
    });
    await engineOver(store).applyChanges(changes({ create: [WWW, aaaa, shared] }), unbounded());
    expect(store.contents()).toEqual([`any-www.example.com TXT ${HERITAGE}`, "www.example.com AAAA 2001:db8::1"]);
  });

  test("is refused whole when its ownership text can never be stored", async () => {
    const store = new MemoryStore();
    const tooLong = { ...registryText(WWW), targets: [`"${"x".repeat(70_000)}"`] };
    const report = await engineOver(store).applyChanges(changes({ create: [WWW, tooLong] }), unbounded());
    expect(report.failures.map((failure) => failure.code).sort()).toEqual(["endpoint.invalid", "ownership.unstorable"]);
    expect(store.steps).toEqual([]);
  });
});

describe("update", () => {
  test("changes a value in place and leaves a hand-made second value alone", async () => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", "192.0.2.1");
    store.seed("www.example.com", "A", "192.0.2.77");
    const report = await engineOver(store).applyChanges(
      changes({ updateOld: [WWW], updateNew: [{ ...WWW, targets: ["192.0.2.2"] }] }),
      unbounded(),
    );
    expect(report).toMatchObject({ outcome: "reached", applied: 1 });
    expect(store.contents()).toEqual(["www.example.com A 192.0.2.2", "www.example.com A 192.0.2.77"]);
  });

  test("creates the new value before the old one goes where the backend cannot update", async () => {
    const store = new MemoryStore({ canUpdate: false });
    store.seed("www.example.com", "A", "192.0.2.1");
    await engineOver(store).applyChanges(
      changes({ updateOld: [WWW], updateNew: [{ ...WWW, targets: ["192.0.2.2"] }] }),
      unbounded(),
    );
    expect(kinds(store)).toEqual(["create A", "delete A"]);
  });

  test("of an alias the backend cannot update puts the old target back when the new one is refused", async () => {
    const alias = endpoint("www.example.com", "CNAME", ["old.example.net"]);
    const store = new MemoryStore({
      canUpdate: false,
      fate: (step) => (step.kind === "create" && step.record.target === "new.example.net" ? "refused" : "done"),
    });
    store.seed("www.example.com", "CNAME", "old.example.net");
    const report = await engineOver(store).applyChanges(
      changes({ updateOld: [alias], updateNew: [{ ...alias, targets: ["new.example.net"] }] }),
      unbounded(),
    );
    expect(report.outcome).toBe("refused");
    expect(store.contents()).toEqual(["www.example.com CNAME old.example.net"]);
  });

  test("of what is not there any more creates it", async () => {
    const store = new MemoryStore();
    const report = await engineOver(store).applyChanges(changes({ updateOld: [WWW], updateNew: [WWW] }), unbounded());
    expect(report.outcome).toBe("reached");
    expect(store.contents()).toEqual(["www.example.com A 192.0.2.1"]);
  });

  test("finds a registry text by being one when its stored words differ", async () => {
    const store = new MemoryStore();
    store.seed("a-www.example.com", "TXT", '"heritage=external-dns,external-dns/owner=before"');
    const text = registryText(WWW);
    await engineOver(store).applyChanges(changes({ updateOld: [text], updateNew: [text] }), unbounded());
    expect(store.contents()).toEqual([`a-www.example.com TXT ${HERITAGE}`]);
  });

  test("of the TTL alone changes every named value and keeps a TTL that is not asked for", async () => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", "192.0.2.1", { ttlSeconds: 300 });
    const engine = engineOver(store);
    await engine.applyChanges(
      changes({ updateOld: [WWW], updateNew: [{ ...WWW, targets: ["192.0.2.2"] }] }),
      unbounded(),
    );
    expect(store.records.map((record) => record.ttlSeconds)).toEqual([300]);
    const two = { ...WWW, targets: ["192.0.2.2"] };
    await engine.applyChanges(
      changes({ updateOld: [two], updateNew: [{ ...two, recordTtlSeconds: 60 }] }),
      unbounded(),
    );
    expect(store.records.map((record) => record.ttlSeconds)).toEqual([60]);
  });
});

describe("delete", () => {
  test("removes the data first and its text last", async () => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", "192.0.2.1");
    store.seed("a-www.example.com", "TXT", HERITAGE);
    await engineOver(store).applyChanges(changes({ delete: withTexts(WWW) }), unbounded());
    expect(kinds(store)).toEqual(["delete A", "delete TXT"]);
  });

  test("of what is gone already succeeds", async () => {
    const report = await engineOver(new MemoryStore()).applyChanges(changes({ delete: withTexts(WWW) }), unbounded());
    expect(report).toMatchObject({ outcome: "reached", applied: 0 });
  });

  test("without an owner is refused, whole", async () => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", "192.0.2.1");
    const report = await engineOver(store).applyChanges(
      changes({ delete: [{ ...WWW, labels: new Map() }] }),
      unbounded(),
    );
    expect(report.failures).toMatchObject([{ code: "endpoint.unowned", retryable: false }]);
    expect(store.contents()).toEqual(["www.example.com A 192.0.2.1"]);
  });

  test("without an owner is carried out when the operator allows it", async () => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", "192.0.2.1");
    await engineOver(store, { unownedChanges: "allow" }).applyChanges(
      changes({ delete: [{ ...WWW, labels: new Map() }] }),
      unbounded(),
    );
    expect(store.contents()).toEqual([]);
  });

  test("never touches a record that is switched off", async () => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", "192.0.2.1", { enabled: false });
    await engineOver(store).applyChanges(changes({ delete: [WWW] }), unbounded());
    expect(store.records).toHaveLength(1);
  });
});

describe("a type change at one name", () => {
  const alias = endpoint("www.example.com", "CNAME", ["lb.example.net"]);

  test("takes the old type away and brings the new one, next to each other", async () => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", "192.0.2.1");
    store.seed("a-www.example.com", "TXT", HERITAGE);
    await engineOver(store).applyChanges(changes({ delete: withTexts(WWW), create: withTexts(alias) }), unbounded());
    expect(kinds(store)).toEqual(["create TXT", "delete A", "create CNAME", "delete TXT"]);
  });

  test("puts the old type back when the new one is refused", async () => {
    const store = new MemoryStore({
      fate: (step) => (step.kind === "create" && step.record.type === "CNAME" ? "refused" : "done"),
    });
    store.seed("www.example.com", "A", "192.0.2.1");
    store.seed("a-www.example.com", "TXT", HERITAGE);
    const report = await engineOver(store).applyChanges(
      changes({ delete: withTexts(WWW), create: withTexts(alias) }),
      unbounded(),
    );
    expect(report.outcome).toBe("refused");
    expect(store.contents()).toEqual([`a-www.example.com TXT ${HERITAGE}`, "www.example.com A 192.0.2.1"]);
  });

  test("keeps the old type when the new one could never be stored", async () => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", "192.0.2.1");
    const broken = { ...alias, targets: ["not..a.name"] };
    const report = await engineOver(store).applyChanges(changes({ delete: [WWW], create: [broken] }), unbounded());
    expect(report.failures.map((failure) => failure.code).sort()).toEqual(["endpoint.invalid", "swap.refused"]);
    expect(store.contents()).toEqual(["www.example.com A 192.0.2.1"]);
  });
});

describe("faults", () => {
  test("one refused record does not stop the others", async () => {
    const store = new MemoryStore({
      fate: (step) => (step.kind === "create" && step.record.name === "b.example.com" ? "refused" : "done"),
    });
    const three = ["a", "b", "c"].map((label) => endpoint(`${label}.example.com`, "A", ["192.0.2.1"]));
    const report = await engineOver(store).applyChanges(changes({ create: three }), unbounded());
    expect(report).toMatchObject({ outcome: "refused", applied: 2, remaining: 0 });
    expect(report.failures).toMatchObject([{ name: "b.example.com", code: "memory.refused" }]);
  });

  test("a write whose answer was lost is looked up again, not sent again", async () => {
    const store = new MemoryStore({ fate: (_step, index) => (index === 1 ? "done-but-unanswered" : "done") });
    const report = await engineOver(store).applyChanges(changes({ create: [WWW] }), unbounded());
    expect(report.outcome).toBe("reached");
    expect(store).toMatchObject({ writes: 1, lists: 2 });
  });

  test("a backend that stays away gives `retry` and what is left to do", async () => {
    const store = new MemoryStore({ fate: () => "lost" });
    const report = await engineOver(store).applyChanges(changes({ create: withTexts(WWW) }), unbounded());
    expect(report).toMatchObject({ outcome: "retry", applied: 0, remaining: 2, interruption: { code: "memory.away" } });
  });

  test("a failing list is `retry`, and nothing is written", async () => {
    const store = new MemoryStore({ listFails: () => true });
    const report = await engineOver(store).applyChanges(changes({ create: [WWW] }), unbounded());
    expect(report.outcome).toBe("retry");
    expect(store.writes).toBe(0);
  });

  test("when time runs out, what is done stays done and the next apply finishes", async () => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
    const store = new MemoryStore({
      fate: () => {
        nowMs += 5_000;
        return "done";
      },
    });
    const six = Array.from({ length: 6 }, (_, index) => endpoint(`n${index}.example.com`, "A", ["192.0.2.1"]));
    const engine = engineOver(store, { clock, budgetMs: 12_000 });
    const first = await engine.applyChanges(changes({ create: six }), unbounded());
    expect(first).toMatchObject({
      outcome: "retry",
      applied: 3,
      remaining: 3,
      interruption: { code: "apply.deadline" },
    });
    const second = await engine.applyChanges(changes({ create: six }), unbounded());
    expect(second).toMatchObject({ outcome: "reached", applied: 3 });
  });

  test("the deadline counts from the arrival of the request, not from its last byte", async () => {
    const nowMs = 60_000;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
    const two = ["a", "b"].map((label) => endpoint(`${label}.example.com`, "A", ["192.0.2.1"]));
    const report = await engineOver(new MemoryStore(), { clock, budgetMs: 12_000 }).applyChanges(
      changes({ create: two }),
      unbounded(),
      { arrivedAtMs: nowMs - 11_000 },
    );
    expect(report).toMatchObject({ outcome: "retry", applied: 1, remaining: 1 });
  });

  test("in a dry run nothing is written and the target counts as reached", async () => {
    const store = new MemoryStore();
    const report = await engineOver(store, { writes: "report" }).applyChanges(
      changes({ create: withTexts(WWW) }),
      unbounded(),
    );
    expect(report.outcome).toBe("reached");
    expect(store.writes).toBe(0);
  });
});

describe("values of one name with different TTLs", () => {
  const TWO = { ...WWW, targets: ["192.0.2.1", "192.0.2.2"] };

  test.each([
    ["a TTL of its own", 300],
    ["the backend's own TTL", undefined],
  ])("are shown without one, so that the wish for one of them reaches the value with %s", async (_, ttlSeconds) => {
    const store = new MemoryStore();
    store.seed("www.example.com", "A", "192.0.2.1", { ttlSeconds: 60 });
    store.seed("www.example.com", "A", "192.0.2.2", ttlSeconds === undefined ? {} : { ttlSeconds });
    const engine = engineOver(store);
    expect(await engine.records(unbounded())).toMatchObject([{ targets: TWO.targets, recordTtlSeconds: 0 }]);
    const wish = { ...TWO, recordTtlSeconds: 60 };
    const report = await engine.applyChanges(changes({ updateOld: [TWO], updateNew: [wish] }), unbounded());
    expect(report).toMatchObject({ outcome: "reached", applied: 1 });
    expect(await engine.records(unbounded())).toMatchObject([{ recordTtlSeconds: 60 }]);
  });
});
