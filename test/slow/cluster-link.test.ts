// A link that is cut, in real time: two network namespaces and a pair of virtual cables, one end of which goes down. Nothing tells the
// client, so only TCP's own probes can.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { type ClusterAccess, connectCluster } from "#src/kubernetes/connection.ts";
import { createClusterInventory } from "#src/kubernetes/inventory.ts";
import { kubeconfigAccess } from "#src/kubernetes/kubeconfig.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { eventually } from "#test/support/eventually.ts";
import { INGRESS, readAny } from "#test/support/kubernetes/watched.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

const PROGRAM = fileURLToPath(new URL("../support/kubernetes/api-server-child.ts", import.meta.url));
/** Names of interfaces have 15 characters. */
const ID = String(process.pid % 100_000);
const SPACE = `zg${ID}`;
const [HERE, THERE] = [`zgh${ID}`, `zgt${ID}`];
/** TEST-NET-2 (RFC 5737), one /30 for each run. */
const NETWORK = `198.51.100.${(process.pid % 60) * 4}`;
const [OUR_ADDRESS, ITS_ADDRESS] = [1, 2].map((host) => NETWORK.replace(/\d+$/, (base) => String(Number(base) + host)));
/** What is promised; one look a second. */
const MOST_LOOKS = 30;

describeWithPeer("ip", "a cut link", (ip) => {
  const run = (...args: readonly string[]): void => void execFileSync(ip, [...args], { stdio: "pipe" });

  function layCable(): string | undefined {
    try {
      run("netns", "add", SPACE);
    } catch (error) {
      return `no network namespace can be made here: ${String(error).split("\n")[0]}`;
    }
    onTestFinished(() => run("netns", "del", SPACE));
    run("link", "add", HERE, "type", "veth", "peer", "name", THERE, "netns", SPACE);
    run("addr", "add", `${OUR_ADDRESS}/30`, "dev", HERE);
    run("link", "set", HERE, "up");
    run("-n", SPACE, "addr", "add", `${ITS_ADDRESS}/30`, "dev", THERE);
    run("-n", SPACE, "link", "set", THERE, "up");
    run("-n", SPACE, "link", "set", "lo", "up");
    return undefined;
  }

  async function startServer(): Promise<string> {
    const child: ChildProcess = spawn(ip, ["netns", "exec", SPACE, process.execPath, PROGRAM, ITS_ADDRESS ?? ""], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill());
    if (child.stdout === null) throw new Error("the server says nothing");
    for await (const line of createInterface({ input: child.stdout })) return line;
    throw new Error("the server ended");
  }

  test("is noticed within 30 s, and the watch goes on when it is back", async (context) => {
    const obstacle = layCable();
    if (obstacle !== undefined) {
      context.skip(obstacle);
      return;
    }
    const file = join(await temporaryFolder(), "config");
    await writeFile(file, await startServer());
    const [access] = await kubeconfigAccess({ files: [file], contexts: [], clock: SYSTEM_CLOCK });
    const connection = connectCluster(access as ClusterAccess, 1, SYSTEM_CLOCK);
    const inventory = createClusterInventory({
      clusters: [connection],
      resources: [INGRESS],
      namespaces: [],
      transform: readAny,
      clock: SYSTEM_CLOCK,
      log: SILENT,
      random: Math.random,
      onChange: () => undefined,
    });
    onTestFinished(async () => {
      await inventory.stop();
      connection.close();
    });
    await inventory.start();
    const state = (): string | undefined => inventory.report().clusters[0]?.kinds[0]?.state;
    await eventually("the kind is watched", () => state() === "watching");

    const cutMs = performance.now();
    run("-n", SPACE, "link", "set", THERE, "down");
    let looks = 0;
    while (state() === "watching" && looks < MOST_LOOKS) {
      looks += 1;
      await SYSTEM_CLOCK.sleep(1_000, AbortSignal.timeout(60_000));
    }
    const { failure } = inventory.report().clusters[0]?.kinds[0] ?? {};
    process.stdout.write(`noticed after ${Math.round(performance.now() - cutMs)} ms: ${failure?.message}\n`);
    expect(state()).toBe("failing");

    run("-n", SPACE, "link", "set", THERE, "up");
    for (let seconds = 0; state() !== "watching" && seconds < 90; seconds += 1) {
      await SYSTEM_CLOCK.sleep(1_000, AbortSignal.timeout(60_000));
    }
    expect(state()).toBe("watching");
  });
});
