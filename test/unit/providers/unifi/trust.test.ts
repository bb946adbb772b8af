// Whom the store gives the API key to: judged by the certificate, before one byte of a request is written.

import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ConfigError, UpstreamRejected, UpstreamUnavailable } from "#src/errors.ts";
import type { ConsoleTrust } from "#src/providers/unifi/trust.ts";
import type { UnifiStore } from "#src/providers/unifi/unifi-store.ts";
import { createCertificate } from "#test/fakes/unifi-console/certificate.ts";
import {
  createConsoleCertificate,
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import { storeFor } from "#test/support/unifi-console.ts";

const DAY_MS = 86_400_000;
const NAMES = ["localhost", "127.0.0.1"];
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(options: UnifiConsoleOptions = {}): Promise<UnifiConsole> {
  const console = await startUnifiConsole(options);
  stops.push(() => console.stop());
  return console;
}

function trusting(console: UnifiConsole, trust: ConsoleTrust, more = {}): UnifiStore {
  const store = storeFor(console, { trust, ...more });
  stops.push(() => store.close());
  return store;
}

function pinOf(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}

const OTHER_PIN = "ab".repeat(32);
const YESTERDAY = new Date(Date.now() - DAY_MS);
const TOMORROW = new Date(Date.now() + DAY_MS);

describe("a certificate is trusted", () => {
  test("when its authority is", async () => {
    const console = await start();
    const store = trusting(console, { kind: "ca", pem: console.caPem });
    await store.list(unbounded());
    expect(store.status()).toMatchObject({ trust: "ca", certificateSha256: pinOf(console.fingerprint) });
  });

  test("when it is one of the pinned ones, whatever its name and dates", async () => {
    const certificate = createCertificate({
      names: ["elsewhere"],
      notBefore: new Date(Date.now() - 2 * DAY_MS),
      notAfter: YESTERDAY,
    });
    const console = await start({ certificate });
    const store = trusting(console, { kind: "pins", sha256: [OTHER_PIN, pinOf(console.fingerprint)] });
    await expect(store.list(unbounded())).resolves.toBeDefined();
  });

  test("over a rotation, with both pins set", async () => {
    const console = await start();
    const next = createConsoleCertificate();
    const store = trusting(console, {
      kind: "pins",
      sha256: [pinOf(console.fingerprint), pinOf(next.fingerprint)],
    });
    await store.list(unbounded());
    console.rotateCertificate(next);
    await store.list(unbounded());
    expect(store.status().certificateSha256).toBe(pinOf(next.fingerprint));
  });

  test("without a look when checking is switched off", async () => {
    const store = trusting(await start(), { kind: "skip" });
    await store.list(unbounded());
    expect(store.status().trust).toBe("skip");
  });
});

describe("not one request is written", () => {
  test.each([
    { what: "self-signed", trust: { kind: "system" }, reason: "it is self-signed" },
    { what: "not the pinned one", trust: { kind: "pins", sha256: [OTHER_PIN] }, reason: "none of the pinned" },
  ] as const)(
    "to a certificate that is $what, and the error holds the line that trusts it",
    async ({ trust, reason }) => {
      const console = await start();
      const failure = trusting(console, trust).list(unbounded());
      await expect(failure).rejects.toThrow(UpstreamRejected);
      await expect(failure).rejects.toThrow(reason);
      await expect(failure).rejects.toThrow(`UNIFI_TLS_PIN=${console.fingerprint}`);
      expect(console.requests()).toEqual([]);
    },
  );

  test.each([
    { what: "has expired", names: NAMES, from: -2, to: -1, reason: "it has expired" },
    { what: "is not valid yet", names: NAMES, from: 1, to: 2, reason: "it is not valid yet" },
    { what: "is for another name", names: ["elsewhere"], from: -1, to: 1, reason: "it is for another name" },
  ])("to a certificate that $what though its authority is trusted", async ({ names, from, to, reason }) => {
    const at = (days: number): Date => new Date(Date.now() + days * DAY_MS);
    const console = await start({ certificate: createCertificate({ names, notBefore: at(from), notAfter: at(to) }) });
    await expect(trusting(console, { kind: "ca", pem: console.caPem }).list(unbounded())).rejects.toThrow(reason);
    expect(console.requests()).toEqual([]);
  });

  test("to another authority's certificate", async () => {
    const stranger = createCertificate({ names: NAMES, notBefore: YESTERDAY, notAfter: TOMORROW });
    const console = await start();
    const store = trusting(console, { kind: "ca", pem: stranger.certificatePem });
    await expect(store.list(unbounded())).rejects.toMatchObject({ code: "unifi.untrusted" });
    expect(console.requests()).toEqual([]);
  });

  test("after the certificate has changed under a running store", async () => {
    const console = await start();
    const store = trusting(console, { kind: "pins", sha256: [pinOf(console.fingerprint)] });
    await store.list(unbounded());
    const before = console.requests().length;
    console.rotateCertificate();
    await expect(store.list(unbounded())).rejects.toMatchObject({ code: "unifi.untrusted" });
    expect(console.requests()).toHaveLength(before);
  });

  test("to a port that speaks plain HTTP", async () => {
    const console = await start();
    console.setTransport("http");
    const store = trusting(console, { kind: "skip" });
    await expect(store.list(unbounded())).rejects.toThrow(
      /does not speak TLS|could not be reached|closed the connection/,
    );
    expect(console.requests()).toEqual([]);
  });
});

test("a handshake that never ends is given up in time", async () => {
  const silent: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<{ destroy(): void }>();
  silent.on("connection", (socket) => sockets.add(socket));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { port } = silent.address() as { port: number };
  const console = await start();
  const store = trusting(console, { kind: "skip" }, { url: `https://127.0.0.1:${port}`, callTimeoutMs: 300 });
  await expect(store.list(unbounded())).rejects.toThrow(UpstreamUnavailable);
});

test("a port where nobody listens and a name without an address are errors that can be tried again", async () => {
  const console = await start();
  await console.stop();
  await expect(trusting(console, { kind: "skip" }).list(unbounded())).rejects.toThrow(/refused the connection/);
  const nameless = trusting(console, { kind: "skip" }, { url: "https://console.invalid" });
  await expect(nameless.list(unbounded())).rejects.toMatchObject({ retryable: true });
});

test.each([
  "http://192.168.1.1",
  "https://admin:secret@192.168.1.1",
  "https://169.254.169.254",
  "https://[fe80::1]",
  "https://[::ffff:169.254.169.254]",
  "https://metadata.google.internal",
  "https://192.168.1.1/?x=1",
  "192.168.1.1",
  "",
])("%s is no address of a console", async (url) => {
  const console = await start();
  expect(() => storeFor(console, { url })).toThrow(ConfigError);
});
