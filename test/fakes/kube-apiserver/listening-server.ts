// The API server on a real port: certificate, connections, kubeconfig.

import { createCertificate, type ServerCertificate } from "#test/fakes/unifi-console/certificate.ts";
import type { TransportMode } from "#test/fakes/unifi-console/port.ts";
import { Transport } from "#test/fakes/unifi-console/transport.ts";
import { createListener } from "./https-front.ts";
import { KubeApiServer, type KubeApiServerOptions } from "./kube-apiserver.ts";

export interface ListeningKubeApiServer {
  readonly server: KubeApiServer;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** What a client trusts. */
  readonly caPem: string;
  /** A kubeconfig (JSON, which is YAML) for a token; the administrator's when absent. */
  kubeconfig(token?: string): string;
  /** TCP connections now. */
  openConnections(): number;
  resetConnections(): void;
  /** `handshake-hang`: TCP connects, TLS never answers. */
  setMode(mode: TransportMode): void;
  setCertificate(certificate: ServerCertificate): void;
  /** Refuses connections until `open()`. */
  close(): Promise<void>;
  open(): Promise<void>;
  stop(): Promise<void>;
}

export async function startKubeApiServer(
  options: KubeApiServerOptions & { readonly certificate?: ServerCertificate } = {},
): Promise<ListeningKubeApiServer> {
  const server = new KubeApiServer(options);
  const certificate = options.certificate ?? apiServerCertificate();
  const listener = createListener(server.handle, (remotePort) => transport.resetConnection(remotePort));
  const transport: Transport = new Transport(listener, certificate, "https");
  await transport.open();
  const url = `https://127.0.0.1:${transport.port}`;
  const caPem = certificate.certificatePem;
  return {
    server,
    url,
    port: transport.port,
    caPem,
    kubeconfig: (token = server.adminToken) => kubeconfigFor({ url, caPem, token }),
    openConnections: () => transport.openConnections,
    resetConnections: () => transport.resetConnections(),
    setMode: (mode) => transport.setMode(mode),
    setCertificate: (next) => transport.setCertificate(next),
    close: () => transport.close(),
    open: () => transport.open(),
    stop: async () => {
      server.stop();
      if (transport.isListening) await transport.close();
    },
  };
}

const DAY_MS = 86_400_000;

/** Self-signed, so that it is its own CA, for the names that a pod and a test use. */
function apiServerCertificate(): ServerCertificate {
  const names = ["kubernetes.default.svc", "kubernetes", "localhost", "127.0.0.1"];
  const nowMs = Date.now();
  return createCertificate({ names, notBefore: new Date(nowMs - DAY_MS), notAfter: new Date(nowMs + DAY_MS) });
}

function kubeconfigFor({ url, caPem, token }: { url: string; caPem: string; token: string }): string {
  const cluster = { server: url, "certificate-authority-data": Buffer.from(caPem).toString("base64") };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster }],
    users: [{ name: "test", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });
}
