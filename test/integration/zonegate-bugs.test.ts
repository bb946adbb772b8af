// Bugs that no code foresaw, in the real process: a rejected promise costs nobody his names, a thrown error ends the process
// with the code for a bug. Both are told in the log.

import { describe, expect, test } from "vitest";
import { lookup, valuesOf } from "#test/support/dns/lookup.ts";
import { EXAMPLE, type RunningZonegate, startZonegate } from "#test/support/zonegate-process.ts";

/** A process with a bug of ours in it: SIGUSR2 makes a promise reject that nobody waits for, SIGHUP throws. */
function startFaulty(): Promise<RunningZonegate> {
  const faults = [
    'process.on("SIGUSR2", () => { Promise.reject(new Error("nobody waits")); });',
    'process.on("SIGHUP", () => { throw new Error("nobody catches"); });',
  ].join("");
  const preload = `--import data:text/javascript,${encodeURIComponent(faults)}`;
  return startZonegate({ env: { ZONES: "home.example.com", MANIFESTS_DIR: EXAMPLE, NODE_OPTIONS: preload } });
}

describe("a bug that surfaces where nobody waits for it", () => {
  test("as a rejected promise is logged with its stack and counted, and names go on being answered", async () => {
    const zonegate = await startFaulty();
    process.kill(zonegate.pid, "SIGUSR2");
    const event = await zonegate.event("promise rejected that nobody waited for");
    expect(event).toMatchObject({ level: "error", err: { message: "nobody waits", stack: expect.any(String) } });
    expect(valuesOf(await lookup(zonegate.dns, "jellyfin.home.example.com"))).toEqual(["A 192.168.20.10"]);
    expect(await (await fetch(`${zonegate.opsUrl}/metrics`)).text()).toMatch(/^zonegate_bugs_total 1$/m);
    expect(await zonegate.stop()).toMatchObject({ exitCode: 0 });
  });

  test("as a thrown error is logged and ends the process with 70", async () => {
    const zonegate = await startFaulty();
    process.kill(zonegate.pid, "SIGHUP");
    expect(await zonegate.ended).toMatchObject({ exitCode: 70 });
    expect(zonegate.events().at(-1)).toMatchObject({ msg: "ended by a bug", err: { message: "nobody catches" } });
  });
});
