// A real Zonegate process in the place of another webhook: the external-dns before it, the console behind it, what it shows.

import { expect, onTestFinished } from "vitest";
import type { Endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns, type ExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import type { UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import type { Sidecar } from "./sidecar.ts";

interface Cluster {
  readonly dns: ExternalDns;
  readonly desire: (endpoints: readonly Endpoint[]) => void;
}

/** A started external-dns with owner `home` whose source is what `desire` says; closed with the test. */
export async function externalDnsAt({ webhookUrl }: Sidecar): Promise<Cluster> {
  let desired: readonly Endpoint[] = [];
  const dns = createExternalDns({
    url: webhookUrl,
    ownerId: "home",
    txtPrefix: "k8s.%{record_type}.",
    source: () => desired,
  });
  onTestFinished(() => dns.close());
  expect(await dns.negotiate()).toMatchObject({ outcome: "ready" });
  return {
    dns,
    desire: (endpoints) => {
      desired = endpoints;
    },
  };
}

/** What the console holds, registry texts left out. */
export function dataOf(unifi: UnifiConsole): readonly string[] {
  return unifi
    .records()
    .filter(({ type }) => type !== "TXT")
    .map(({ name, type, data }) => `${name} ${type} ${data}`)
    .toSorted();
}

/** Stops the process, and looks into its pages, and everything it has printed. */
export async function expectNowhere(secrets: string | readonly string[], sidecar: Sidecar): Promise<void> {
  const pages = await Promise.all(
    ["/status", "/metrics", "/readyz", "/explain?name=web.home.example.com"].map((path) => sidecar.get(path)),
  );
  const { stdout, stderr } = await sidecar.stop();
  const shown = [stdout, stderr, ...pages.map(({ text }) => text)].join("\n");
  for (const secret of [secrets].flat()) expect(shown).not.toContain(secret);
}
