import { describe, expect, test } from "vitest";
import type { DomainName } from "#src/domain/name.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { changes, endpoint, OWNER, registryText, withTexts } from "#test/support/endpoints.ts";
import { engineOver, scopeOf, unbounded } from "#test/support/engine.ts";
import { createVirtualClock } from "#test/support/virtual-clock.ts";

const MINUTE_MS = 60_000;

/** `count` owned names with their registry texts, in the store and as endpoints. */
function owned(store: MemoryStore, count: number): ReturnType<typeof endpoint>[] {
  return Array.from({ length: count }, (_, index) => {
    const one = endpoint(`n${index}.example.com`, "A", ["192.0.2.1"]);
    store.seed(one.dnsName, "A", "192.0.2.1");
    store.seed(`a-${one.dnsName}`, "TXT", registryText(one).targets[0] ?? "");
    return one;
  });
}

describe("the breaker", () => {
  test("holds a batch that deletes more than 30 % of at least ten owned names, and lets creates through", async () => {
    const store = new MemoryStore();
    const all = owned(store, 12);
    const engine = engineOver(store);
    const fresh = endpoint("new.example.com", "A", ["192.0.2.9"]);
    const report = await engine.applyChanges(
      changes({ delete: withTexts(...all.slice(0, 4)), create: withTexts(fresh) }),
      unbounded(),
    );
    expect(report).toMatchObject({ outcome: "retry", applied: 2, interruption: { code: "breaker.held" } });
    expect(report.interruption?.reason).toContain("4 of 12 owned record sets");
    expect(store.contents()).toContain("n0.example.com A 192.0.2.1");
    expect(store.contents()).toContain("new.example.com A 192.0.2.9");
  });

  test.each([
    ["30 % exactly", 10, 3],
    ["everything of fewer than ten", 9, 9],
  ])("lets a batch through that deletes %s", async (_title, count, deleted) => {
    const store = new MemoryStore();
    const all = owned(store, count);
    const report = await engineOver(store).applyChanges(
      changes({ delete: withTexts(...all.slice(0, deleted)) }),
      unbounded(),
    );
    expect(report).toMatchObject({ outcome: "reached", applied: 2 * deleted });
  });

  test("counts only the names of the owner that deletes", async () => {
    const store = new MemoryStore();
    const mine = owned(store, 11);
    for (let index = 0; index < 30; index += 1) {
      const other = endpoint(`other${index}.example.com`, "A", ["192.0.2.2"]);
      store.seed(other.dnsName, "A", "192.0.2.2");
      store.seed(`a-${other.dnsName}`, "TXT", registryText(other, "somebody-else").targets[0] ?? "");
    }
    const report = await engineOver(store).applyChanges(
      changes({ delete: withTexts(...mine.slice(0, 5)) }),
      unbounded(),
    );
    expect(report.interruption?.reason).toContain("5 of 11");
  });

  test("does not count a name that gets another type in the same batch", async () => {
    const store = new MemoryStore();
    const all = owned(store, 10);
    const aliases = all.map((one) => endpoint(one.dnsName, "CNAME", ["lb.example.net"]));
    const report = await engineOver(store).applyChanges(
      changes({ delete: withTexts(...all), create: withTexts(...aliases) }),
      unbounded(),
    );
    expect(report.outcome).toBe("reached");
  });

  test("releases exactly what was approved, also when it takes several loops", async () => {
    const store = new MemoryStore();
    const all = owned(store, 12);
    const engine = engineOver(store);
    const wipe = changes({ delete: withTexts(...all) });
    await engine.applyChanges(wipe, unbounded());
    const hash = engine.status().held?.planHash ?? "";
    expect(engine.approve("0123456789abcdef")).toBe(false);
    expect(engine.approve(hash)).toBe(true);
    expect(engine.status().held).toBeUndefined();
    const half = await engine.applyChanges(changes({ delete: withTexts(...all.slice(0, 6)) }), unbounded());
    const rest = await engine.applyChanges(changes({ delete: withTexts(...all.slice(6)) }), unbounded());
    expect([half.outcome, rest.outcome]).toEqual(["reached", "reached"]);
    expect(store.contents()).toEqual([]);
  });

  test("in mode `timed` believes what is asked for three times over five minutes, and starts anew when it changes", async () => {
    const clock = createVirtualClock();
    const store = new MemoryStore();
    const all = owned(store, 12);
    const engine = engineOver(store, { breaker: "timed", clock });
    const ask = async (count: number): Promise<string> => {
      const report = await engine.applyChanges(changes({ delete: withTexts(...all.slice(0, count)) }), unbounded());
      clock.advance(2 * MINUTE_MS);
      return report.outcome;
    };
    expect([await ask(5), await ask(6), await ask(6), await ask(6), await ask(6)]).toEqual([
      "retry",
      "retry",
      "retry",
      "retry",
      "reached",
    ]);
  });
});

describe("a list that lost most of its records", () => {
  test("is an error until it was read three times, 30 s apart", async () => {
    const clock = createVirtualClock();
    const store = new MemoryStore();
    owned(store, 10);
    const engine = engineOver(store, { clock });
    await engine.records(unbounded());
    store.records = [];
    await expect(engine.records(unbounded())).rejects.toMatchObject({ code: "list.implausible", retryable: true });
    clock.advance(31_000);
    await expect(engine.records(unbounded())).rejects.toMatchObject({ code: "list.implausible" });
    clock.advance(31_000);
    expect(await engine.records(unbounded())).toEqual([]);
  });

  test("makes an apply `retry` without a write", async () => {
    const store = new MemoryStore();
    owned(store, 10);
    const engine = engineOver(store);
    await engine.records(unbounded());
    store.records = [];
    const report = await engine.applyChanges(
      changes({ create: [endpoint("x.example.com", "A", ["192.0.2.1"])] }),
      unbounded(),
    );
    expect(report).toMatchObject({ outcome: "retry", interruption: { code: "list.implausible" } });
    expect(store.writes).toBe(0);
  });

  test("is believed when we deleted them ourselves", async () => {
    const store = new MemoryStore();
    const all = owned(store, 8);
    const engine = engineOver(store);
    await engine.records(unbounded());
    await engine.applyChanges(changes({ delete: withTexts(...all) }), unbounded());
    expect(await engine.records(unbounded())).toEqual([]);
  });
});

describe("a record that the backend refused for good", () => {
  test("is not sent again for an hour, and goes on failing with the reason", async () => {
    const clock = createVirtualClock();
    const store = new MemoryStore({ fate: () => "refused" });
    const engine = engineOver(store, { clock });
    const batch = changes({ create: [endpoint("x.example.com", "A", ["192.0.2.1"])] });
    await engine.applyChanges(batch, unbounded());
    const second = await engine.applyChanges(batch, unbounded());
    expect(second.failures).toMatchObject([
      { code: "record.quarantined", reason: expect.stringContaining("told to refuse") },
    ]);
    expect(store.writes).toBe(1);
    clock.advance(61 * MINUTE_MS);
    await engine.applyChanges(batch, unbounded());
    expect(store.writes).toBe(2);
  });

  test("is no longer counted when its hour is over, though nobody asks for it again", async () => {
    const clock = createVirtualClock();
    const engine = engineOver(new MemoryStore({ fate: () => "refused" }), { clock });
    await engine.applyChanges(changes({ create: [endpoint("x.example.com", "A", ["192.0.2.1"])] }), unbounded());
    expect(engine.status().quarantined).toBe(1);
    clock.advance(61 * MINUTE_MS);
    expect(engine.status().quarantined).toBe(0);
  });

  test("is tried at once when something else is wanted there", async () => {
    const store = new MemoryStore({
      fate: (step) => (step.kind === "create" && step.record.target === "192.0.2.1" ? "refused" : "done"),
    });
    const engine = engineOver(store);
    await engine.applyChanges(changes({ create: [endpoint("x.example.com", "A", ["192.0.2.1"])] }), unbounded());
    const report = await engine.applyChanges(
      changes({ create: [endpoint("x.example.com", "A", ["192.0.2.2"])] }),
      unbounded(),
    );
    expect(report.outcome).toBe("reached");
  });
});

describe("what a batch may touch", () => {
  test("a name outside the domain filter is refused, its registry text counted by the name it stands for", async () => {
    const store = new MemoryStore();
    const domainFilter = {
      options: scopeless,
      matches: (name: string) => name === "example.com" || name.endsWith(".example.com"),
    };
    const engine = engineOver(store, { domainFilter, scope: scopeOf({ domainFilter }) });
    const apex = endpoint("example.com", "A", ["192.0.2.1"]);
    const outside = endpoint("www.example.net", "A", ["192.0.2.1"]);
    const report = await engine.applyChanges(changes({ create: withTexts(apex, outside) }), unbounded());
    expect(report.failures.map((failure) => failure.name)).toEqual(["www.example.net", "a-www.example.net"]);
    expect(store.contents()).toEqual([expect.stringContaining("a-example.com TXT"), "example.com A 192.0.2.1"]);
  });

  test("a protected name is refused even for a delete", async () => {
    const store = new MemoryStore();
    store.seed("router.example.com", "A", "192.0.2.1");
    const engine = engineOver(store, {
      scope: scopeOf({ protectedNames: new Set(["router.example.com" as DomainName]) }),
    });
    const report = await engine.applyChanges(
      changes({ delete: [endpoint("router.example.com", "A", ["192.0.2.1"])] }),
      unbounded(),
    );
    expect(report.failures[0]?.reason).toContain("protected");
    expect(store.contents()).toHaveLength(1);
  });

  test.each([
    ["upsert-only", ["kept.example.com A 192.0.2.1", "kept.example.com A 192.0.2.5", "new.example.com A 192.0.2.3"]],
    ["create-only", ["kept.example.com A 192.0.2.1", "kept.example.com A 192.0.2.4", "new.example.com A 192.0.2.3"]],
  ] as const)("policy %s leaves out what it does not allow and calls the rest reached", async (policy, contents) => {
    const store = new MemoryStore();
    store.seed("kept.example.com", "A", "192.0.2.1");
    store.seed("kept.example.com", "A", "192.0.2.4");
    const engine = engineOver(store, {
      scope: scopeOf({ policies: [{ domain: "example.com" as DomainName, policy }] }),
    });
    const update = endpoint("kept.example.com", "A", ["192.0.2.4"]);
    const report = await engine.applyChanges(
      changes({
        create: [endpoint("new.example.com", "A", ["192.0.2.3"])],
        updateOld: [update],
        updateNew: [{ ...update, targets: ["192.0.2.5"] }],
      }),
      unbounded(),
    );
    const deletion = await engine.applyChanges(
      changes({ delete: [endpoint("kept.example.com", "A", ["192.0.2.1"])] }),
      unbounded(),
    );
    expect([report.outcome, deletion.outcome]).toEqual(["reached", "reached"]);
    expect(store.contents()).toEqual(contents);
  });
});

describe("the preview", () => {
  test("compares the last desired set with what is stored, and says what is blocked", async () => {
    const store = new MemoryStore();
    const [first] = owned(store, 2);
    store.seed("hand.example.com", "A", "198.51.100.1");
    const engine = engineOver(store);
    expect(await engine.preview(unbounded())).toBeUndefined();
    await engine.adjustEndpoints(
      [
        { ...(first as typeof first & object), targets: ["192.0.2.7"] },
        endpoint("fresh.example.com", "A", ["192.0.2.8"]),
        endpoint("hand.example.com", "A", ["192.0.2.9"]),
      ],
      unbounded(),
    );
    const preview = await engine.preview(unbounded());
    expect(preview?.changes.map(({ op, name, owners }) => [op, name, owners])).toEqual([
      ["update", "n0.example.com", [OWNER]],
      ["create", "fresh.example.com", []],
      ["blocked", "hand.example.com", []],
      ["delete", "n1.example.com", [OWNER]],
    ]);
  });
});

const scopeless = { include: [], exclude: [], regexInclude: "", regexExclude: "" };
