// A console that answers without end costs the process little memory (facts: reliability row 28). The process is a real one, so
// that the memory of the emulated console does not count.

import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { startUnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { startSidecar } from "#test/support/sidecar.ts";

const MIB = 1_048_576;
const MAX_GROWTH_BYTES = 40 * MIB;
/** What is read of one answer. */
const ANSWER_BYTES = 16 * MIB;
const TIMEOUT_MS = 60_000;

test.runIf(process.platform === "linux")(
  "64 MiB for a list are given up at 16 MiB, memory grows by less than 40 MiB, and ten of them do not add up",
  { timeout: TIMEOUT_MS },
  async () => {
    const unifi = await startUnifiConsole();
    onTestFinished(() => unifi.stop());
    unifi.seed({ type: "A", name: "www.example.com", data: "10.0.0.1" });
    const sidecar = await startSidecar({
      env: { UNIFI_HOST: unifi.url, UNIFI_API_KEY: unifi.apiKey, UNIFI_TLS_PIN: unifi.fingerprint },
    });
    const ask = (): Promise<Response> =>
      fetch(`${sidecar.webhookUrl}/records`, {
        headers: { accept: "application/external.dns.webhook+json;version=1" },
      });
    expect((await ask()).status).toBe(200);
    const before = await peakBytes(sidecar.pid);

    unifi.faults.plan([{ operation: "list", action: { kind: "bomb", bytes: 64 * MIB } }]);
    const growths: number[] = [];
    for (let times = 0; times < 10; times += 1) {
      const answer = await ask();
      expect(answer.status).toBe(503);
      expect(await answer.text()).toContain("sent more than an answer may hold");
      growths.push((await peakBytes(sidecar.pid)) - before);
    }
    process.stdout.write(
      `peak ${toMib(before)} MiB before; ${growths.map(toMib).join(", ")} MiB more after each list\n`,
    );
    expect(growths[0]).toBeLessThan(MAX_GROWTH_BYTES);
    // Chunks of earlier answers wait for the collector, which comes before they are as much as all ten were.
    expect(growths.at(-1)).toBeLessThan(10 * ANSWER_BYTES);

    unifi.faults.clear();
    expect(await (await ask()).json()).toMatchObject([{ dnsName: "www.example.com" }]);
  },
);

/** The most that the process ever had in memory. */
async function peakBytes(pid: number): Promise<number> {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/mu.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kibibytes) * 1_024;
}

function toMib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
