// `zonegate explain` against the real process on the example cluster, with records that external-dns has written.

import { describe, expect, test } from "vitest";
import { EXPLANATION, type Explanation } from "#src/ops/explanation.ts";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { exchange } from "#test/support/raw-http.ts";
import { EXAMPLE, runZonegate, useZonegate } from "#test/support/zonegate-process.ts";

const OWNER = '"heritage=external-dns,external-dns/owner=home"';

const zonegate = useZonegate({
  env: { ZONES: "home.example.com", MANIFESTS_DIR: EXAMPLE },
});

function runExplain(...args: readonly string[]) {
  return runZonegate({ args: ["explain", ...args, `--ops-port=${new URL(zonegate().opsUrl).port}`] });
}

async function explain(label: string): Promise<Explanation> {
  const { exitCode, stdout, stderr } = await runExplain(`${label}.home.example.com`, "--json");
  expect([exitCode, stderr]).toEqual([0, ""]);
  return EXPLANATION.parse(JSON.parse(stdout));
}

/** As external-dns does it. */
async function writeRecords(create: readonly object[]): Promise<void> {
  const body = JSON.stringify({ create });
  const { status } = await exchange(
    zonegate().webhooks[0]!,
    `POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${MEDIA_TYPE}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  expect(status).toBe(204);
}

describe("zonegate explain", () => {
  test("tells a person what is answered, and who says so", async () => {
    const { exitCode, stdout } = await runExplain("GRAFANA.home.example.com.");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("grafana.home.example.com 60 CNAME internal.home.example.com\n");
    expect(stdout).toContain("  Ingress monitoring/grafana, class internal, created 2026-03-01T07:00:00.000Z");
    expect(stdout).toContain("    CNAME internal.home.example.com: answered\n");
  });

  test.each([
    ["dlna", "address.none", "Service media/dlna"],
    ["prometheus", "object.ignored", "Ingress monitoring/prometheus"],
  ])("%s has no address because of %s", async (label, code, by) => {
    const { answers, leftOut } = await explain(label);
    expect(answers.map(({ result }) => result)).not.toContain("data");
    expect(leftOut).toEqual([{ code, by, reason: expect.any(String) as string }]);
  });

  test("a name outside every zone is refused, and the object that has it is named", async () => {
    const { stdout } = await runExplain("www.example.com", "--json");
    const explained = EXPLANATION.parse(JSON.parse(stdout));
    expect(explained.zone).toBeUndefined();
    expect(explained.leftOut).toMatchObject([{ code: "host.outside", by: "Ingress website/website" }]);
    expect(explained.hints).toMatchObject([{ code: "zone.none" }]);
  });

  test("what external-dns writes is stored with its owner, ranks above an Ingress, and the loser is told", async () => {
    const labels = { owner: "home" };
    await writeRecords([
      { dnsName: "jellyfin.home.example.com", recordType: "A", targets: ["192.0.2.7"], labels },
      {
        dnsName: "k8s.a.jellyfin.home.example.com",
        recordType: "TXT",
        targets: [OWNER],
        labels: { ownedRecord: "jellyfin.home.example.com" },
      },
    ]);
    const { answers, claims, stored } = await explain("jellyfin");
    expect(answers[0]?.records).toMatchObject([{ type: "A", value: "192.0.2.7" }]);
    expect(claims.find(({ by, type }) => by === "Ingress media/jellyfin" && type === "A")?.values).toMatchObject([
      { value: "A 192.168.20.10", verdict: "dropped", code: "merge.rank", lostTo: "local" },
    ]);
    expect(stored).toMatchObject({
      provider: "local",
      records: [{ type: "A", value: "192.0.2.7" }],
      ownership: [{ name: "k8s.a.jellyfin.home.example.com", text: OWNER }],
    });
  });

  test("what is no name is 64, with a sentence", async () => {
    expect(await runExplain("a..example")).toMatchObject({
      exitCode: 64,
      stdout: "",
      stderr: "zonegate: a label is empty.\n",
    });
  });
});

describe("without a process that answers", () => {
  test("it is 69, and says where it asked", async () => {
    const { exitCode, stdout, stderr } = await runZonegate({
      args: ["explain", "a.example", "--ops-host=127.0.0.1", "--ops-port=1"],
    });
    expect([exitCode, stdout]).toEqual([69, ""]);
    expect(stderr).toContain("no Zonegate answers at http://127.0.0.1:1");
  });

  test("a port that the start chose has to be named", async () => {
    const { exitCode, stderr } = await runZonegate({ args: ["explain", "a.example"] });
    expect(exitCode).toBe(69);
    expect(stderr).toContain("--ops-port");
  });

  test("another server is not taken for ours", async () => {
    const { port } = zonegate().webhooks[0]!;
    const { exitCode, stderr } = await runZonegate({ args: ["explain", "a.example", `--ops-port=${port}`] });
    expect(exitCode).toBe(69);
    expect(stderr).toContain("is no Zonegate of this release");
  });

  test("wrong settings are 78, one a line", async () => {
    const { exitCode, stderr } = await runZonegate({ args: ["explain", "a.example", "--dns-port=x"] });
    expect(exitCode).toBe(78);
    expect(stderr).toContain("dns.port");
  });
});
