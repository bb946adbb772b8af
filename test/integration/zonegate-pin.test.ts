// `zonegate pin` against real TLS servers, and against what is none.

import { once } from "node:events";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { createServer } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { pin } from "#src/cli/pin.ts";
import { createCertificate } from "#test/fakes/unifi-console/certificate.ts";
import { runZonegate } from "#test/support/zonegate-process.ts";

const CERTIFICATE = createCertificate({
  names: ["unifi.local", "192.168.1.1"],
  notBefore: new Date("2020-01-02T03:04:05Z"),
  notAfter: new Date("2021-01-02T03:04:05Z"),
});

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}

/** A server with an expired, self-signed certificate, and the bytes that clients sent it after the handshake. */
async function startConsole(): Promise<{ readonly port: number; readonly received: () => number }> {
  let received = 0;
  const { certificatePem: cert, privateKeyPem: key } = CERTIFICATE;
  const server = createServer({ cert, key }, (socket) => {
    socket.on("data", (chunk) => {
      received += chunk.length;
    });
    socket.on("error", () => undefined);
  });
  return { port: await listening(server), received: () => received };
}

async function runPin(target: string) {
  const [printed, complained] = [[] as string[], [] as string[]];
  const exitCode = await pin({
    target,
    print: (line) => printed.push(line),
    complain: (line) => complained.push(line),
  });
  return { exitCode, printed, complained };
}

describe("pin", () => {
  test("prints whose certificate it is, how long it is valid, and the line to paste, whoever signed it", async () => {
    const { port, received } = await startConsole();
    const { exitCode, printed } = await runPin(`127.0.0.1:${port}`);
    expect(exitCode).toBe(0);
    expect(printed).toEqual([
      "subject   CN=unifi.local",
      "issuer    itself (self-signed)",
      "names     DNS:unifi.local, IP Address:192.168.1.1",
      "valid     Jan  2 03:04:05 2020 GMT to Jan  2 03:04:05 2021 GMT",
      `sha256    ${CERTIFICATE.fingerprint}`,
      "",
      expect.stringContaining("Compare the fingerprint"),
      "",
      `UNIFI_TLS_PIN=${CERTIFICATE.fingerprint}`,
    ]);
    expect(received()).toBe(0);
  });

  test.each(["https://localhost:PORT", "localhost:PORT", "https://127.0.0.1:PORT/network/default"])(
    "takes %s",
    async (written) => {
      const { port } = await startConsole();
      expect((await runPin(written.replace("PORT", String(port)))).exitCode).toBe(0);
    },
  );

  test("ends with 69 where nothing answers, and names the place", async () => {
    const server = createTcpServer();
    const port = await listening(server);
    server.close();
    expect(await runPin(`127.0.0.1:${port}`)).toMatchObject({
      exitCode: 69,
      printed: [],
      complained: [
        expect.stringContaining(`no certificate from 127.0.0.1:${port}, port ${port}: connect ECONNREFUSED`),
      ],
    });
  });

  test("ends with 69 where something answers that speaks no TLS", async () => {
    const port = await listening(createTcpServer((socket) => socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    expect(await runPin(`127.0.0.1:${port}`)).toMatchObject({ exitCode: 69, printed: [] });
  });

  test.each(["", "a b", "https://user:hunter2@192.168.1.1", "192.168.1.1:99999"])("refuses %j", async (target) => {
    expect(await runPin(target)).toMatchObject({ exitCode: 64, printed: [] });
  });

  test("is a command of the process", async () => {
    const { port } = await startConsole();
    expect(await runZonegate({ args: ["pin", `127.0.0.1:${port}`] })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`\nUNIFI_TLS_PIN=${CERTIFICATE.fingerprint}\n`) as string,
    });
    expect(await runZonegate({ args: ["pin"] })).toMatchObject({ exitCode: 64 });
  });
});
