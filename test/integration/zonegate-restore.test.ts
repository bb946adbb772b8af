// A record made by hand that was lost on the console, given back by an operator from the backup of the process.

import { expect, onTestFinished, test } from "vitest";
import { endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import { startUnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { startSidecar } from "#test/support/sidecar.ts";
import { runZonegate } from "#test/support/zonegate-process.ts";

test("is listed, shown and written back", { timeout: 60_000 }, async () => {
  const unifi = await startUnifiConsole();
  onTestFinished(() => unifi.stop());
  unifi.seed({ type: "A", name: "nas.home.example.com", data: "192.168.1.20" });
  const env = { UNIFI_HOST: unifi.url, UNIFI_API_KEY: unifi.apiKey, UNIFI_TLS_PIN: unifi.fingerprint };
  const sidecar = await startSidecar({ env });
  const restore = (...args: readonly string[]): ReturnType<typeof runZonegate> =>
    runZonegate({ args: ["restore", ...args], folder: sidecar.folder, env });
  expect((await restore()).stdout).toContain("unifi: no backups");

  const dns = createExternalDns({
    url: sidecar.webhookUrl,
    ownerId: "home",
    source: () => [endpoint("web.home.example.com", "A", ["10.0.0.1"])],
  });
  onTestFinished(() => dns.close());
  await dns.negotiate();
  expect(await dns.loop()).toMatchObject({ outcome: "applied" });
  unifi.hand({ kind: "remove", match: { name: "nas.home.example.com" } });

  const listed = await restore();
  expect(listed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("unifi: 1 backups") });
  const backup = /^ {2}(\S+\.json)$/mu.exec(listed.stdout)?.[1] ?? "";
  const shown = await restore(backup);
  expect(shown).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("lost  nas.home.example.com A 192.168.1.20"),
  });
  expect(shown.stdout).toContain(`zonegate restore ${backup} --write`);
  expect(unifi.records().map(({ name }) => name)).not.toContain("nas.home.example.com");

  expect(await restore(backup, "--write")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("1 records written back"),
  });
  expect(unifi.records()).toContainEqual(
    expect.objectContaining({ name: "nas.home.example.com", data: "192.168.1.20" }),
  );
  expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
  expect(await restore("nowhere", "--write")).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("there is no backup nowhere"),
  });
});
