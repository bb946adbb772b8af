// Starts data-plane-child.ts and asks it for its figures.

import { fork } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import type { ServerAddress } from "./clients.ts";
import type { ChildReport } from "./data-plane-child.ts";
import type { TestZone } from "./records.ts";

export interface SeparateDataPlane {
  readonly server: ServerAddress;
  /** Fails when the process has ended. */
  readonly report: () => Promise<ChildReport>;
}

/** Serves `zones` with the limits of production; ended when the test is over. */
export async function startSeparateDataPlane(zones: readonly TestZone[]): Promise<SeparateDataPlane> {
  const file = new URL("./data-plane-child.ts", import.meta.url);
  const child = fork(file, [JSON.stringify(zones)], { execArgv: [] });
  onTestFinished(async () => {
    if (child.exitCode === null && child.connected) {
      child.disconnect();
      await once(child, "exit");
    }
  });
  const nextReport = (): Promise<ChildReport> =>
    new Promise((resolve, reject) => {
      const fail = (code: number | null): void => {
        reject(new Error(`the data plane ended with exit code ${code}`));
      };
      child.once("exit", fail);
      child.once("message", (message) => {
        child.off("exit", fail);
        resolve(message as ChildReport);
      });
    });
  const { port } = await nextReport();
  return {
    server: { address: "127.0.0.1", port },
    report: () => {
      const report = nextReport();
      child.send("report");
      return report;
    },
  };
}
