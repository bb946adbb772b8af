// What every provider must do under a real external-dns' behaviour, told from outside: desired endpoints go in, records as
// another program would read them come out, and after each change the next loop is silent. Knows no provider.
/* oxlint-disable vitest/valid-title, vitest/expect-expect, vitest/no-conditional-tests -- titles are given, the bench asserts */

import { describe, expect, test } from "vitest";
import { endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { testWhere } from "#test/support/test-where.ts";
import { createWebhookBench, isRegistryTxt, type WebhookBench, type WebhookScenarioOptions } from "./webhook-bench.ts";
import { describeSafetyScenarios } from "./webhook-safety-scenarios.ts";

/** Registers the scenarios as one `describe`. Every test has a backend of its own. */
export function describeWebhookScenarios(title: string, options: WebhookScenarioOptions): void {
  describe(title, () => {
    const bench = createWebhookBench(options);
    describeRecordScenarios(bench);
    describeSafetyScenarios(bench);
  });
}

function describeRecordScenarios(bench: WebhookBench): void {
  const { at, holds, desire, externalDns, applyThenSilence, expectSilence, everything, expectData, capabilities } =
    bench;
  const { zone, multiValueTypes, ttlsSeconds } = capabilities;

  const SAMPLES: Readonly<Record<string, string>> = {
    A: "10.0.0.1",
    AAAA: "fd00::1",
    CNAME: at("target"),
    TXT: "v=spf1 -all",
    MX: `10 ${at("mail")}`,
    SRV: `10 20 5060 ${at("sip")}.`,
  };

  for (const [type, value] of Object.entries(SAMPLES).filter(([type]) => holds(type))) {
    test(`a created ${type} is there, is silent, survives a restart and is deleted with its TXT`, async () => {
      const registry = registryFor(type);
      const dns = await externalDns({ registry });
      const name = at(type === "SRV" ? "_sip._tcp" : `only-${type.toLowerCase()}`);
      await applyThenSilence(dns, [endpoint(name, type, [value])]);
      await expectData([{ name, type, values: [value] }]);
      expect((await everything()).filter(isRegistryTxt)).toHaveLength(registry === "txt" ? 1 : 0);
      await expectSilence(await externalDns({ registry }));
      await applyThenSilence(dns, []);
      expect(await everything()).toEqual([]);
    });
  }

  testWhere(holds("TXT"))(
    "a TXT made under the TXT registry stays: external-dns cannot tell that it is its own",
    async () => {
      const dns = await externalDns();
      await applyThenSilence(dns, [endpoint(at("text"), "TXT", ["one"])]);
      desire([]);
      await expectSilence(dns);
      await expectData([{ name: at("text"), type: "TXT", values: ["one"] }]);
    },
  );

  test("changed targets replace the old ones", async () => {
    const dns = await externalDns();
    await applyThenSilence(dns, [endpoint(at("web"), "A", ["10.0.0.1"])]);
    await applyThenSilence(dns, [endpoint(at("web"), "A", ["10.0.0.2"])]);
    await expectData([{ name: at("web"), type: "A", values: ["10.0.0.2"] }]);
  });

  for (const type of ["A", "AAAA"].filter((type) => multiValueTypes.includes(type))) {
    test(`${type} targets are added and removed one by one`, async () => {
      const [one, two, three] = type === "A" ? ["10.0.0.1", "10.0.0.2", "10.0.0.3"] : ["fd00::1", "fd00::2", "fd00::3"];
      const dns = await externalDns();
      for (const targets of [[one, two], [three, two, one], [three]]) {
        await applyThenSilence(dns, [endpoint(at("multi"), type, targets)]);
        await expectData([{ name: at("multi"), type, values: targets }]);
      }
    });
  }

  testWhere(holds("A", "AAAA"))("A and AAAA of one name live and die apart", async () => {
    const dns = await externalDns();
    await applyThenSilence(dns, [endpoint(at("dual"), "A", ["10.0.0.1"]), endpoint(at("dual"), "AAAA", ["fd00::1"])]);
    await applyThenSilence(dns, [endpoint(at("dual"), "AAAA", ["fd00::1"])]);
    await expectData([{ name: at("dual"), type: "AAAA", values: ["fd00::1"] }]);
  });

  test("a desired TTL is silent after one loop, kept or not", async () => {
    const [first, second] = ttlsSeconds ?? [300, 600];
    const dns = await externalDns();
    await applyThenSilence(dns, [endpoint(at("ttl"), "A", ["10.0.0.1"], { recordTTL: first })]);
    desire([endpoint(at("ttl"), "A", ["10.0.0.1"], { recordTTL: second })]);
    expect((await dns.loop()).outcome).toBe(ttlsSeconds === undefined ? "no changes" : "applied");
    await expectSilence(dns);
    if (ttlsSeconds === undefined) return;
    expect((await everything()).find(({ type }) => type === "A")?.ttlSeconds).toBe(second);
  });

  test("a TTL nobody can want is silent after one loop", async () => {
    const dns = await externalDns();
    await applyThenSilence(dns, [
      endpoint(at("short"), "A", ["10.0.0.1"], { recordTTL: 1 }),
      endpoint(at("long"), "A", ["10.0.0.1"], { recordTTL: 2_147_483_647 }),
    ]);
  });

  testWhere(holds("A", "CNAME"))("a name changes its type to CNAME and back", async () => {
    const dns = await externalDns();
    await applyThenSilence(dns, [endpoint(at("kind"), "A", ["10.0.0.1"])]);
    await applyThenSilence(dns, [endpoint(at("kind"), "CNAME", [at("target")])]);
    await expectData([{ name: at("kind"), type: "CNAME", values: [at("target")] }]);
    await applyThenSilence(dns, [endpoint(at("kind"), "A", ["10.0.0.2"])]);
    await expectData([{ name: at("kind"), type: "A", values: ["10.0.0.2"] }]);
  });

  test("an apex is a name like others", async () => {
    const dns = await externalDns();
    await applyThenSilence(dns, [endpoint(zone, "A", ["10.0.0.1"]), endpoint(at("web"), "A", ["10.0.0.1"])]);
    await applyThenSilence(dns, [endpoint(zone, "A", ["10.0.0.2"])]);
    await expectData([{ name: zone, type: "A", values: ["10.0.0.2"] }]);
  });

  for (const replacement of capabilities.starsInLabels === false ? ["any"] : ["", "any"]) {
    testWhere(capabilities.wildcards)(
      `a wildcard is created, changed and deleted (replacement "${replacement}")`,
      async () => {
        const dns = await externalDns({ txtWildcardReplacement: replacement });
        await applyThenSilence(dns, [endpoint(at("*"), "A", ["10.0.0.1"])]);
        await applyThenSilence(dns, [endpoint(at("*"), "A", ["10.0.0.2"])]);
        await expectData([{ name: at("*"), type: "A", values: ["10.0.0.2"] }]);
        await applyThenSilence(dns, []);
        expect(await everything()).toEqual([]);
      },
    );
  }

  for (const [what, name] of [
    ["capitals", `WEB.${zone.toUpperCase()}`],
    ["a final dot", `${at("web")}.`],
    ["Unicode letters", at("münchen")],
    ["an underscore", at("_web")],
  ] as const) {
    test(`a name with ${what} is created, changed and deleted`, async () => {
      const dns = await externalDns();
      await applyThenSilence(dns, [endpoint(name, "A", ["10.0.0.1"])]);
      await applyThenSilence(dns, [endpoint(name, "A", ["10.0.0.2"])]);
      await expectData([{ name, type: "A", values: ["10.0.0.2"] }]);
      await applyThenSilence(dns, []);
      expect(await everything()).toEqual([]);
    });
  }

  testWhere(holds("CNAME"))("a CNAME target in capitals or with a final dot is the same target", async () => {
    const dns = await externalDns();
    await applyThenSilence(dns, [
      endpoint(at("one"), "CNAME", [at("Target")]),
      endpoint(at("two"), "CNAME", [`${at("target")}.`]),
    ]);
    desire([endpoint(at("one"), "CNAME", [at("target")]), endpoint(at("two"), "CNAME", [at("target")])]);
    await expectSilence(dns);
  });

  testWhere(holds("AAAA"))("an IPv6 address in an odd spelling is the same address, and hides no change", async () => {
    const dns = await externalDns();
    await applyThenSilence(dns, [endpoint(at("six"), "AAAA", ["FD00:0:0:0:0:0:0:1"])]);
    desire([endpoint(at("six"), "AAAA", ["fd00::0001"])]);
    await expectSilence(dns);
    if (!multiValueTypes.includes("AAAA")) return;
    await applyThenSilence(dns, [endpoint(at("six"), "AAAA", ["fd00:0::1", "fd00::2"])]);
    await applyThenSilence(dns, [endpoint(at("six"), "AAAA", ["fd00:0::1", "fd00::3"])]);
    await expectData([{ name: at("six"), type: "AAAA", values: ["fd00::1", "fd00::3"] }]);
  });

  const TEXTS: Readonly<Record<string, string>> = {
    "double quotes": 'say "hello" to it',
    backslashes: String.raw`C:\dns\034 and \" so on`,
    semicolons: "v=DMARC1; p=none; rua=mailto:a@b.c",
    "markup, commas and blanks": "a <b> & c,  d=e ",
    "more than 255 octets": `k=rsa; p=${"MIGfMA0GCSqGSIb3".repeat(24)}`,
  };
  for (const [what, text] of Object.entries(TEXTS)) {
    const isWritable = capabilities.quotesInTxt !== false || !/["\\]/.test(text);
    const fits = holds("TXT") && text.length <= capabilities.maxTxtOctets && isWritable;
    testWhere(fits)(`a TXT with ${what} is kept as it is`, async () => {
      const dns = await externalDns({ registry: registryFor("TXT") });
      await applyThenSilence(dns, [endpoint(at("text"), "TXT", [text])]);
      await expectData([{ name: at("text"), type: "TXT", values: [text] }]);
      await applyThenSilence(dns, []);
      expect(await everything()).toEqual([]);
    });
  }

  test("properties of other providers and set identifiers cause no change for ever", async () => {
    const providerSpecific = [
      { name: "alias", value: "false" },
      { name: "aws/evaluate-target-health", value: "true" },
      { name: "external-dns.alpha.kubernetes.io/cloudflare-region-key", value: "eu" },
      { name: "", value: "" },
    ];
    // Up to 0.20 external-dns sends them all.
    const dns = await externalDns({ release: "0.17" });
    await applyThenSilence(dns, [
      endpoint(at("props"), "A", ["10.0.0.1"], { providerSpecific }),
      endpoint(at("weighted"), "A", ["10.0.0.1"], { setIdentifier: "blue" }),
    ]);
    await applyThenSilence(dns, []);
    expect(await everything()).toEqual([]);
  });

  test("external-dns before 0.17 is understood", async () => {
    const dns = await externalDns({ release: "0.14" });
    await applyThenSilence(dns, [endpoint(at("old"), "A", ["10.0.0.1"])]);
    await applyThenSilence(dns, [endpoint(at("old"), "A", ["10.0.0.2"])]);
    await applyThenSilence(dns, []);
    expect(await everything()).toEqual([]);
  });
}

/** Its name mapper knows no TXT (nor DNAME), so a TXT registry never owns a TXT record: only noop changes or deletes one. */
function registryFor(type: string): "txt" | "noop" {
  return type === "TXT" ? "noop" : "txt";
}
