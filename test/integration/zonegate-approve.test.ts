// Mass deletion through the whole process: held, named in the plan, released by an operator through the admin socket.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import { runZonegate, startZonegate } from "#test/support/zonegate-process.ts";

const APPLICATIONS = Array.from({ length: 12 }, (_, index) => `app${index}.home.example.com`);

test("a wiped source loses nothing until somebody approves it", { timeout: 60_000 }, async () => {
  const zonegate = await startZonegate({ env: { ZONES: "home.example.com" } });
  const ask = (...args: string[]): ReturnType<typeof runZonegate> =>
    runZonegate({ args, folder: zonegate.folder, env: { ZONES: "home.example.com" } });
  let desired: readonly Endpoint[] = APPLICATIONS.map((name) => endpoint(name, "A", ["192.0.2.1"]));
  const dns = createExternalDns({ url: zonegate.webhookUrl, ownerId: "home", source: () => desired });
  onTestFinished(() => dns.close());
  await dns.negotiate();
  expect(await dns.loop()).toMatchObject({ outcome: "applied" });

  desired = [];
  expect(await dns.loop()).toMatchObject({ outcome: "soft error" });
  const plan = await ask("plan");
  expect(plan.exitCode).toBe(0);
  expect(plan.stdout).toContain("delete  app0.home.example.com A 192.0.2.1  (owner home)");
  expect(plan.stdout).toContain("12 of 12 owned record sets would be deleted");
  const planHash = /zonegate approve ([0-9a-f]{16})/.exec(plan.stdout)?.[1] ?? "";
  expect(await dns.loop()).toMatchObject({ outcome: "soft error" });

  expect(await ask("approve", "0000000000000000")).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("nothing is held"),
  });
  expect(await ask("approve", planHash)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("is approved") });
  expect(await dns.loop()).toMatchObject({ outcome: "applied" });
  expect(await dns.loop()).toMatchObject({ outcome: "no changes" });

  const { mode } = await stat(join(zonegate.folder, "data", "admin.sock"));
  expect((mode & 0o777).toString(8)).toBe("600");
});

test("without a running process the commands end with 69 and say where they looked", async () => {
  const ended = await runZonegate({ args: ["plan", "--admin-socket=nowhere.sock"] });
  expect(ended).toMatchObject({ exitCode: 69, stderr: expect.stringContaining("no Zonegate answers on nowhere.sock") });
});
