// What only shows at the sockets: which requests are sent again, how long is waited, what is followed.

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { GoHttpClient } from "#test/fakes/external-dns/go-http-client.ts";

let server: Server | undefined;
let client: GoHttpClient | undefined;

afterEach(() => {
  client?.close();
  server?.closeAllConnections();
  server?.close();
});

test("connections are used again", async () => {
  const sockets = new Set<Socket>();
  const url = await listen((request, response) => {
    sockets.add(request.socket);
    response.end();
  });
  for (let count = 0; count < 3; count++) await open().send({ method: "POST", url, headers: {}, body: "x" });
  expect(sockets.size).toBe(1);
});

test.each([
  ["GET", undefined, [1, 2, 1]],
  ["POST", "x", [1, 2]],
] as const)("a %s on a connection the server closes at that moment is sent %o", async (method, body, expected) => {
  const turns: number[] = [];
  const served = new WeakMap<Socket, number>();
  const url = await listen((request, response) => {
    const turn = (served.get(request.socket) ?? 0) + 1;
    served.set(request.socket, turn);
    turns.push(turn);
    if (turn === 2) request.socket.destroy();
    else response.end();
  });
  const http = open();
  const send = (): Promise<unknown> => http.send({ method, url, headers: {}, ...(body !== undefined && { body }) });
  await send();
  await send().catch(() => undefined);
  expect(turns).toEqual(expected);
});

test("a first connection that breaks is not tried again", async () => {
  let seen = 0;
  const url = await listen((request) => {
    seen++;
    request.socket.destroy();
  });
  await expect(open().send({ method: "GET", url, headers: {} })).rejects.toThrow(/./);
  expect(seen).toBe(1);
});

test("the deadline ends a call whose body never does", async () => {
  const url = await listen((_request, response) => response.write("["));
  const response = await open(50).send({ method: "GET", url, headers: {} });
  expect(response.body.failure?.message).toContain("context deadline exceeded");
});

test("the deadline ends a call without an answer", async () => {
  const url = await listen(() => undefined);
  await expect(open(50).send({ method: "GET", url, headers: {} })).rejects.toThrow("context deadline exceeded");
});

test("gzip is unpacked", async () => {
  const url = await listen((_request, response) => {
    response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync("[]"));
  });
  expect((await open().send({ method: "GET", url, headers: {} })).body.text).toBe("[]");
});

test.each([
  [302, "GET", ""],
  [307, "POST", "x"],
])("a POST answered with %i goes on as %s", async (status, method, body) => {
  const seen: string[] = [];
  const url = await listen((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on("end", () => {
      seen.push(`${request.method ?? ""} ${request.url ?? ""} ${text} ${request.headers["content-type"] ?? "-"}`);
      response.writeHead(request.url === "/b" ? 200 : status, { Location: "/b" }).end();
    });
  });
  await open().send({ method: "POST", url: `${url}/a`, headers: { "Content-Type": "t" }, body: "x" });
  expect(seen).toEqual(["POST /a x t", `${method} /b ${body} ${status === 307 ? "t" : "-"}`]);
});

test("ten redirects are the end", async () => {
  const url = await listen((_request, response) => response.writeHead(302, { Location: "/" }).end());
  const http = open();
  await expect(http.send({ method: "GET", url, headers: {} })).rejects.toThrow("stopped after 10 redirects");
  expect(http.sent).toHaveLength(10);
});

function open(deadlineMs?: number): GoHttpClient {
  client ??= new GoHttpClient(deadlineMs);
  return client;
}

async function listen(listener: RequestListener): Promise<string> {
  client = undefined;
  const started = createServer(listener);
  server = started;
  const { promise, resolve } = Promise.withResolvers<void>();
  started.listen(0, "127.0.0.1", resolve);
  await promise;
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}
