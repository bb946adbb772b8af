// A fake API server in a process of its own, behind a plain relay on the address that is given: what a network namespace needs.
// Usage: node api-server-child.ts ADDRESS; prints one line of JSON, a kubeconfig.

import { connect, createServer } from "node:net";
import { startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";

const [address = "127.0.0.1"] = process.argv.slice(2);
const started = await startKubeApiServer();
started.server.put({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "a", namespace: "apps" } });

const relay = createServer((client) => {
  const upstream = connect(started.port, "127.0.0.1");
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
});
relay.listen(0, address, () => {
  const bound = relay.address();
  if (bound === null || typeof bound === "string") throw new Error("the relay has no port");
  const config = JSON.parse(started.kubeconfig());
  config.clusters[0].cluster.server = `https://${address}:${bound.port}`;
  config.clusters[0].cluster["tls-server-name"] = "localhost";
  process.stdout.write(`${JSON.stringify(config)}\n`);
});
