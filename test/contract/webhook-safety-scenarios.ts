// Scenarios of every provider about what must not happen: foreign records touched, one bad item stopping the rest, a
// policy or an owner overstepped. Part of webhook-scenarios.ts.
/* oxlint-disable vitest/expect-expect, vitest/no-conditional-tests -- the bench asserts; capabilities decide */

import { expect, test } from "vitest";
import { endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { testWhere } from "#test/support/test-where.ts";
import { isRegistryTxt, SCENARIO_OWNER, type WebhookBench } from "./webhook-bench.ts";

const MANY_NAMES = 500;
/** Loops that one large sync may take; each has to make progress. */
const MAX_LOOPS = 50;
const MANY_NAMES_TIMEOUT_MS = 120_000;

export function describeSafetyScenarios(bench: WebhookBench): void {
  const { at, holds, backend, desire, externalDns, applyThenSilence, expectSilence, everything, data, expectData } =
    bench;
  const { refused, refusesTakenNames } = bench.capabilities;

  test("five hundred names arrive, each loop with progress, and stay silent", {
    timeout: MANY_NAMES_TIMEOUT_MS,
  }, async () => {
    const dns = await externalDns();
    const wanted = Array.from({ length: MANY_NAMES }, (_, index) =>
      endpoint(at(`n${index}`), "A", [`10.1.${index >> 8}.${index & 255}`]),
    );
    desire(wanted);
    let known = 0;
    for (let loop = 0; known < MANY_NAMES && loop < MAX_LOOPS; loop++) {
      expect((await dns.loop()).outcome).toMatch(/^(applied|soft error)$/);
      const now = (await data()).length;
      expect(now).toBeGreaterThan(known);
      known = now;
    }
    await expectData(wanted.map(({ dnsName, targets }) => ({ name: dnsName, type: "A", values: targets })));
    await expectSilence(dns);
  });

  test("a foreign record is neither changed nor deleted nor joined", async () => {
    const foreign = { name: at("taken"), type: "A", values: ["10.9.9.9"] };
    await backend().seedForeign([foreign]);
    const dns = await externalDns();
    await applyThenSilence(dns, [
      endpoint(at("taken"), "A", ["10.0.0.1"]),
      ...(holds("AAAA") ? [endpoint(at("taken"), "AAAA", ["fd00::1"])] : []),
      endpoint(at("free"), "A", ["10.0.0.1"]),
    ]);
    await expectData([foreign, { name: at("free"), type: "A", values: ["10.0.0.1"] }]);
    await applyThenSilence(dns, []);
    await expectData([foreign]);
  });

  testWhere(refusesTakenNames)(
    "a name somebody took since the last list is refused, and nothing of ours stays",
    async () => {
      const dns = await externalDns({ txtCacheIntervalMs: 3_600_000 });
      expect((await dns.loop()).outcome).toBe("no changes");
      const foreign = { name: at("raced"), type: "A", values: ["10.9.9.9"] };
      await backend().seedForeign([foreign]);
      desire([endpoint(at("raced"), "A", ["10.0.0.1"]), endpoint(at("free"), "A", ["10.0.0.1"])]);
      expect(await dns.loop()).toMatchObject({ outcome: "soft error" });
      await expectData([foreign, { name: at("free"), type: "A", values: ["10.0.0.1"] }]);
      expect((await everything()).filter(isRegistryTxt)).toHaveLength(1);
    },
  );

  if (refused !== undefined) {
    test("one refused item fails alone, softly, loop after loop", async () => {
      const dns = await externalDns();
      desire([endpoint(at("first"), "A", ["10.0.0.1"]), refused, endpoint(at("last"), "A", ["10.0.0.2"])]);
      for (let loop = 0; loop < 2; loop++) {
        expect(await dns.loop()).toMatchObject({ outcome: "soft error" });
        await expectData([
          { name: at("first"), type: "A", values: ["10.0.0.1"] },
          { name: at("last"), type: "A", values: ["10.0.0.2"] },
        ]);
      }
      expect((await everything()).filter(isRegistryTxt)).toHaveLength(2);
    });
  }

  test("upsert-only changes and never deletes", async () => {
    const dns = await externalDns({ policy: "upsert-only" });
    await applyThenSilence(dns, [endpoint(at("kept"), "A", ["10.0.0.1"])]);
    await applyThenSilence(dns, [endpoint(at("kept"), "A", ["10.0.0.2"])]);
    desire([]);
    await expectSilence(dns);
    await expectData([{ name: at("kept"), type: "A", values: ["10.0.0.2"] }]);
  });

  test("create-only never changes", async () => {
    const dns = await externalDns({ policy: "create-only" });
    await applyThenSilence(dns, [endpoint(at("kept"), "A", ["10.0.0.1"])]);
    desire([endpoint(at("kept"), "A", ["10.0.0.2"])]);
    await expectSilence(dns);
    await expectData([{ name: at("kept"), type: "A", values: ["10.0.0.1"] }]);
  });

  test("two owners share a backend and keep to their own", async () => {
    const theirs = [endpoint(at("theirs"), "A", ["10.0.0.2"])];
    const other = await externalDns({ ownerId: "other", source: () => theirs });
    expect(await other.loop()).toMatchObject({ outcome: "applied" });
    const dns = await externalDns();
    await applyThenSilence(dns, [endpoint(at("mine"), "A", ["10.0.0.1"]), endpoint(at("theirs"), "A", ["10.0.0.1"])]);
    await expectSilence(other);
    await applyThenSilence(dns, []);
    await expectData([{ name: at("theirs"), type: "A", values: ["10.0.0.2"] }]);
  });

  test("a record whose TXT was lost is nobody's: it stays as it is", async () => {
    const dns = await externalDns();
    await applyThenSilence(dns, [endpoint(at("orphan"), "A", ["10.0.0.1"]), endpoint(at("web"), "A", ["10.0.0.1"])]);
    await bench.loseRegistryTxtOf("orphan");
    desire([endpoint(at("orphan"), "A", ["10.0.0.2"]), endpoint(at("web"), "A", ["10.0.0.1"])]);
    await expectSilence(dns);
    desire([endpoint(at("web"), "A", ["10.0.0.1"])]);
    await expectSilence(dns);
    await expectData([
      { name: at("orphan"), type: "A", values: ["10.0.0.1"] },
      { name: at("web"), type: "A", values: ["10.0.0.1"] },
    ]);
  });

  test("a TXT missing beside one of the oldest format is written by an update of something absent", async () => {
    // That format needs a prefix without template; the data record and its TXT then stand at names of their own.
    const dns = await externalDns({ txtPrefix: "reg-" });
    await applyThenSilence(dns, [endpoint(at("legacy"), "A", ["10.0.0.1"])]);
    await bench.loseRegistryTxtOf("legacy");
    const text = `heritage=external-dns,external-dns/owner=${SCENARIO_OWNER}`;
    await backend().seedForeign([{ name: at("reg-legacy"), type: "TXT", values: [text] }]);
    expect(await dns.loop()).toMatchObject({ outcome: "applied" });
    expect((await everything()).map(({ name }) => name)).toContain(at("reg-a-legacy"));
    await expectSilence(dns);
  });
}
