// More values at one name than we write: that endpoint fails alone, and what stands in the store can still be taken away.

import { describe, expect, test } from "vitest";
import type { Endpoint } from "#src/domain/endpoint.ts";
import { MAX_TARGETS } from "#src/domain/record.ts";
import { createExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { changes, endpoint, registryText, withTexts } from "#test/support/endpoints.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";
import { startWebhook } from "#test/support/webhook.ts";

const OTHER = endpoint("other.example.com", "A", ["192.0.2.1"]);
const REASON = `the endpoint has ${MAX_TARGETS + 1} targets, and at most ${MAX_TARGETS} are kept at one name`;

function withTargets(count: number): Endpoint {
  const targets = Array.from({ length: count }, (_, index) => `198.51.100.${index}`);
  return endpoint("many.example.com", "A", targets);
}

describe("an endpoint of more targets than the limit", () => {
  test("is refused in a sentence, and the rest of the batch is carried out", async () => {
    const store = new MemoryStore();
    const batch = changes({ create: withTexts(withTargets(MAX_TARGETS + 1), OTHER) });
    const report = await engineOver(store).applyChanges(batch, unbounded());
    expect(report.outcome).toBe("refused");
    expect(report.failures).toContainEqual(
      expect.objectContaining({ name: "many.example.com", type: "A", code: "endpoint.invalid", reason: REASON }),
    );
    expect(store.contents().filter((line) => line.includes(" A "))).toEqual(["other.example.com A 192.0.2.1"]);
  });

  test("is stored when they are the limit exactly, also when some are written twice", async () => {
    const store = new MemoryStore();
    const limit = withTargets(MAX_TARGETS);
    const twice = { ...limit, targets: [...limit.targets, ...limit.targets] };
    const report = await engineOver(store).applyChanges(changes({ create: withTexts(twice) }), unbounded());
    expect(report.outcome).toBe("reached");
    expect(store.records.filter(({ type }) => type === "A")).toHaveLength(MAX_TARGETS);
  });

  test("as an update leaves the old values standing", async () => {
    const store = new MemoryStore();
    const engine = engineOver(store);
    const old = withTargets(2);
    await engine.applyChanges(changes({ create: withTexts(old) }), unbounded());
    const update = changes({ updateOld: [old], updateNew: [withTargets(MAX_TARGETS + 1)] });
    expect((await engine.applyChanges(update, unbounded())).outcome).toBe("refused");
    expect(store.records.filter(({ type }) => type === "A").map(({ target }) => target)).toEqual(old.targets);
  });

  test("that stands in the store can be deleted", async () => {
    const store = new MemoryStore();
    const many = withTargets(MAX_TARGETS + 50);
    for (const target of many.targets) store.seed("many.example.com", "A", target);
    const text = registryText(many);
    store.seed(text.dnsName, "TXT", text.targets[0] ?? "");
    const report = await engineOver(store).applyChanges(changes({ delete: [many, text] }), unbounded());
    expect(report.outcome).toBe("reached");
    expect(store.contents()).toEqual([]);
  });
});

test("external-dns goes on after an Ingress of 150 addresses, and the other names are served", async () => {
  const store = new MemoryStore();
  const webhook = await startWebhook(engineOver(store));
  const source = [{ ...toExternal(OTHER) }, { ...toExternal(withTargets(150)) }];
  const process = createExternalDns({ url: webhook.url, ownerId: "home", source: () => source });
  await process.negotiate();
  const outcomes = [(await process.loop()).outcome, (await process.loop()).outcome];
  process.close();
  await webhook.server.stop();
  expect(outcomes).toEqual(["applied", "no changes"]);
  expect(store.contents()).toContain("other.example.com A 192.0.2.1");
});

function toExternal({ dnsName, recordType, targets }: Endpoint) {
  return {
    dnsName,
    recordType,
    targets: [...targets],
    setIdentifier: "",
    recordTTL: 0,
    labels: {},
    providerSpecific: [],
  };
}
