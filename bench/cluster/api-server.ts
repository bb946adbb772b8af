// The cluster of the benchmark, in a process of its own: neither its work nor its garbage is part of what is measured. Started by
// fork() with the number of Ingresses; says by message where it listens, and when a change that it was asked for is accepted.

import { customResource } from "#test/fakes/kube-apiserver/custom-resources.ts";
import { startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import { gateway, httpRoute, ingress, service } from "./objects.ts";

/** What is asked of it: the address of one Ingress is to be another. */
export interface ChangeRequest {
  readonly index: number;
  readonly address: string;
}

export type ApiServerMessage =
  | { readonly kind: "listening"; readonly kubeconfig: string; readonly caPem: string; readonly token: string }
  /** On the clock of `process.hrtime`, which all processes of a machine share: just before it was written. */
  | { readonly kind: "changed"; readonly atNs: string };

/** Beside the Ingresses. */
const OTHERS = 100;

const [count = "", addresses = "shared"] = process.argv.slice(2);
const started = await startKubeApiServer();
const { server } = started;
server.define(customResource("gateways"), customResource("httproutes"));
server.put(gateway());
for (let index = 0; index < OTHERS; index += 1) server.put(service(index), httpRoute(index));
for (let index = 0; index < Number(count); index += 1) {
  server.put(
    addresses === "own" ? ingress(index, `10.${index >> 16}.${(index >> 8) & 0xff}.${index & 0xff}`) : ingress(index),
  );
}
process.on("message", ({ index, address }: ChangeRequest) => {
  const changed = ingress(index, address);
  const atNs = process.hrtime.bigint();
  server.put(changed);
  tell({ kind: "changed", atNs: String(atNs) });
});
process.on("disconnect", () => process.exit());
tell({ kind: "listening", kubeconfig: started.kubeconfig(), caPem: started.caPem, token: server.adminToken });

function tell(message: ApiServerMessage): void {
  process.send?.(message);
}
