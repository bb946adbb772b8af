// The real external-dns beside the whole process: Ingress objects become answers, change and go, and a second run is silent.

import { expect, test } from "vitest";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { lookup, valuesOf } from "#test/support/dns/lookup.ts";
import { eventually } from "#test/support/eventually.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { ingressObject, runRealExternalDnsOnce } from "#test/support/real-external-dns.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { type RunningZonegate, startZonegate } from "#test/support/zonegate-process.ts";

const FLAGS = ["--policy=sync", "--registry=txt", "--txt-owner-id=home"];
const UP_TO_DATE = "All records are already up to date";
const WEB = "web.home.example.com";
const WILDCARD = "*.apps.home.example.com";
const ALIAS = "alias.home.example.com";

/** One run that changes something, one that must not. */
async function sync(zonegate: RunningZonegate, ingresses: readonly KubeObject[]): Promise<void> {
  // "localhost", as external-dns has it by default: it may dial either loopback.
  const url = zonegate.webhookUrl.replace("127.0.0.1", "localhost");
  const changing = await runRealExternalDnsOnce({ url, ingresses, args: FLAGS });
  expect(changing).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining(UP_TO_DATE) });
  const silent = await runRealExternalDnsOnce({ url, ingresses, args: FLAGS });
  expect(silent).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(UP_TO_DATE) });
}

async function valuesAt(zonegate: RunningZonegate, name: string, type: string): Promise<readonly string[]> {
  return valuesOf(await lookup(zonegate.dns, name, type));
}

describeWithPeer("external-dns", "the real external-dns", () => {
  test("creates, changes and deletes what its Ingress objects say, over a restart", { timeout: 60_000 }, async () => {
    const folder = await temporaryFolder();
    const env = { ZONES: "home.example.com" };
    const zonegate = await startZonegate({ env, folder });
    const apps = ingressObject("apps", [WILDCARD], { addresses: ["192.168.20.10"] });
    const annotations = { "external-dns.alpha.kubernetes.io/target": WEB };
    const alias = ingressObject("alias", [ALIAS], { addresses: [], annotations });

    await sync(zonegate, [ingressObject("web", [WEB], { addresses: ["192.168.20.10", "fd20::10"] }), apps, alias]);
    expect(await valuesAt(zonegate, WEB, "A")).toEqual(["A 192.168.20.10"]);
    expect(await valuesAt(zonegate, WEB, "AAAA")).toEqual(["AAAA fd20::10"]);
    expect(await valuesAt(zonegate, "any.apps.home.example.com", "A")).toEqual(["A 192.168.20.10"]);
    expect(await valuesAt(zonegate, ALIAS, "A")).toEqual(["A 192.168.20.10", `CNAME ${WEB}`]);

    await sync(zonegate, [ingressObject("web", [WEB], { addresses: ["192.168.20.11"] }), apps, alias]);
    expect(await valuesAt(zonegate, WEB, "A")).toEqual(["A 192.168.20.11"]);
    expect(await valuesAt(zonegate, WEB, "AAAA")).toEqual([]);

    await zonegate.kill9();
    const next = await startZonegate({ env, folder });
    expect(await valuesAt(next, ALIAS, "A")).toEqual(["A 192.168.20.11", `CNAME ${WEB}`]);
    await sync(next, [apps]);
    await eventually("NXDOMAIN", async () => (await lookup(next.dns, WEB)).rcode === "NXDOMAIN");
    expect(await valuesAt(next, "any.apps.home.example.com", "A")).toEqual(["A 192.168.20.10"]);
    await sync(next, []);
    expect(await (await fetch(`${next.webhookUrl}/records`)).json()).toEqual([]);
  });
});
