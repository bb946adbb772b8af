// Runs the real external-dns binary once against a webhook, with objects served by our fake API server.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { customResource } from "#test/fakes/kube-apiserver/custom-resources.ts";
import { startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { findPeer } from "./peers.ts";

export interface RealRunOptions {
  /** `--webhook-provider-url`. */
  readonly url: string;
  readonly ingresses?: readonly KubeObject[];
  /** DNSEndpoint objects: the way to any record type. */
  readonly dnsEndpoints?: readonly KubeObject[];
  /** Flags after ours; the last one wins where a flag takes one value. */
  readonly args?: readonly string[];
  /** Ends the process (SIGKILL) when it takes longer. */
  readonly timeoutMs?: number;
}

export interface RealRunResult {
  /** `null` when it was ended by the time-out. */
  readonly exitCode: number | null;
  readonly stderr: string;
}

const DEFAULT_TIMEOUT_MS = 25_000;

/** What the chart of external-dns grants for these sources, and no more. */
const EXTERNAL_DNS_RULES = [
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["get", "watch", "list"] },
  { apiGroups: ["externaldns.k8s.io"], resources: ["dnsendpoints"], verbs: ["get", "watch", "list"] },
  { apiGroups: ["externaldns.k8s.io"], resources: ["dnsendpoints/status"], verbs: ["*"] },
];

/** One `external-dns --once`: rejects when no external-dns is on PATH. Use inside `describeWithPeer("external-dns", …)`. */
export async function runRealExternalDnsOnce(options: RealRunOptions): Promise<RealRunResult> {
  const program = findPeer("external-dns");
  if (program === undefined) throw new Error("external-dns is not on PATH");
  const kube = await startKubeApiServer();
  const folder = await mkdtemp(join(tmpdir(), "external-dns-"));
  try {
    kube.server.define(customResource("dnsendpoints"));
    kube.server.put(...(options.ingresses ?? []), ...(options.dnsEndpoints ?? []));
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, kube.kubeconfig(kube.server.grant("default", "external-dns", EXTERNAL_DNS_RULES)));
    return await run(program, flags(kubeconfig, options), options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  } finally {
    await kube.stop();
    await rm(folder, { recursive: true });
  }
}

/** An Ingress with one rule per host and addresses in its status, as an ingress controller leaves it. */
export function ingressObject(name: string, hosts: readonly string[], more: IngressParts): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "default", annotations: more.annotations ?? {} },
    spec: { rules: hosts.map((host) => ({ host })) },
    status: { loadBalancer: { ingress: more.addresses.map((ip) => ({ ip })) } },
  };
}

export interface IngressParts {
  readonly addresses: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A DNSEndpoint whose status is up to date, so that external-dns has nothing to write back. */
export function dnsEndpointObject(name: string, endpoints: readonly object[]): KubeObject {
  return {
    apiVersion: "externaldns.k8s.io/v1alpha1",
    kind: "DNSEndpoint",
    metadata: { name, namespace: "default", generation: 1 },
    spec: { endpoints },
    status: { observedGeneration: 1 },
  };
}

function flags(kubeconfig: string, options: RealRunOptions): string[] {
  const sources = [
    ...(options.ingresses === undefined ? [] : ["--source=ingress"]),
    ...(options.dnsEndpoints === undefined ? [] : ["--source=crd"]),
  ];
  return [
    "--once",
    "--provider=webhook",
    `--webhook-provider-url=${options.url}`,
    `--kubeconfig=${kubeconfig}`,
    "--metrics-address=127.0.0.1:0",
    ...sources,
    ...(options.args ?? []),
  ];
}

async function run(program: string, args: readonly string[], timeoutMs: number): Promise<RealRunResult> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: {} });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  try {
    return { exitCode: await promise, stderr };
  } finally {
    clearTimeout(timer);
  }
}
