// A cluster behind the emulated API server and the real reading half on it, in this process: objects in, explanations out.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareClusterFeed } from "#src/app/cluster-feed.ts";
import { explainRequest } from "#src/app/explain/request.ts";
import { createReadingHalf, type ReadingHalf } from "#src/app/reading-half.ts";
import type { DomainName } from "#src/domain/name.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import type { Explanation } from "#src/ops/explanation.ts";
import { type ListeningKubeApiServer, startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { eventually } from "./eventually.ts";
import { load } from "./settings.ts";

export interface ExplainedCluster {
  readonly api: ListeningKubeApiServer;
  readonly reading: ReadingHalf;
  /** `name` or `name@view`. */
  readonly explain: (name: string) => Promise<Explanation>;
  stop(): Promise<void>;
}

export interface ExplainedClusterOptions {
  readonly definitions?: readonly KubeObject[];
  readonly objects?: readonly KubeObject[];
  readonly env?: Readonly<Record<string, string>>;
  /** Lines of zonegate.yaml below the version. */
  readonly file?: string;
  /** Rules of a service account in the place of the administrator. */
  readonly rules?: readonly object[];
  /** Holds the kubeconfig and the checkpoint; stays. */
  readonly folder: string;
  /** The API is away when Zonegate starts. */
  readonly isAway?: boolean;
}

const ENV = {
  ZONES: "home.example.com",
  ZONEGATE_MODE: "resolver",
  DNS_LISTEN: "127.0.0.1",
  DNS_PORT: "0",
  KUBERNETES_ENABLED: "true",
};

/** Read whole, and everything that follows from it served, unless the API is away. */
export async function startExplainedCluster(options: ExplainedClusterOptions): Promise<ExplainedCluster> {
  const { definitions = [], objects = [], folder, rules, file } = options;
  const api = await startKubeApiServer();
  api.server.define(...definitions);
  api.server.put(...objects);
  const kubeconfig = join(folder, "kubeconfig");
  const token = rules === undefined ? undefined : api.server.grant("dns", "zonegate", rules);
  await writeFile(kubeconfig, api.kubeconfig(token));
  if (options.isAway === true) await api.close();
  const settings = load({
    env: { ...ENV, KUBECONFIG: kubeconfig, DATA_DIR: folder, ...options.env },
    ...(file === undefined ? {} : { files: { "zonegate.yaml": `version: 1\n${file}` } }),
  });
  if (settings.kubernetes === undefined) throw new Error("the settings read no cluster");
  const reading = createReadingHalf({
    settings,
    servesLocal: false,
    clock: SYSTEM_CLOCK,
    log: SILENT,
    createFeed: await prepareClusterFeed(settings.kubernetes, SYSTEM_CLOCK),
    bugCaught: () => undefined,
  });
  await reading.start();
  const cluster: ExplainedCluster = {
    api,
    reading,
    explain: async (written) => {
      const [name = "", view = ""] = written.split("@");
      const explanation = await explainRequest(name as DomainName, view, { reading, stored: undefined });
      if (explanation === undefined) throw new Error(`there is no view ${view}`);
      return explanation;
    },
    stop: async () => {
      await reading.stop();
      await api.stop();
    },
  };
  if (options.isAway !== true) await untilServed(cluster);
  return cluster;
}

/** What comes while a publication runs is in the next one: with the last object everything before it is served. */
async function untilServed({ api, reading, explain }: ExplainedCluster): Promise<void> {
  await eventually("every kind was read", () => reading.clusters()?.synced === true && reading.status().ready);
  api.server.put({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "last", namespace: "kube-system" },
    spec: { ingressClassName: "internal", rules: [{ host: "last.home.example.com" }] },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.99" }] } },
  });
  await eventually("the last object is served", async () => {
    const { answers } = await explain("last.home.example.com");
    return answers[0]?.result === "data";
  });
}
