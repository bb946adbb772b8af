// The fake API server on a real port: TLS, keep-alive, chunks, and the faults that only a socket can have.

import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { Fault, StreamFault } from "#test/fakes/kube-apiserver/faults.ts";
import { type ListeningKubeApiServer, startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { configMap } from "#test/support/kube-api.ts";

const LIST = "/api/v1/namespaces/default/configmaps";

async function start(
  ...faults: readonly Fault[]
): Promise<{ readonly api: ListeningKubeApiServer; readonly agent: Agent }> {
  const api = await startKubeApiServer();
  const agent = new Agent({ keepAlive: true, ca: api.caPem });
  onTestFinished(async () => {
    agent.destroy();
    await api.stop();
  });
  api.server.put(configMap("a"));
  api.server.faults.add(...faults.map((fault) => ({ fault })));
  return { api, agent };
}

interface Exchange {
  readonly sent: ClientRequest;
  /** Rejects with the error of the socket. */
  readonly head: Promise<IncomingMessage>;
}

function ask({ api, agent }: { api: ListeningKubeApiServer; agent: Agent }, path: string): Exchange {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { authorization: `Bearer ${api.server.adminToken}` };
  const sent = request(`${api.url}${path}`, { agent, headers }, resolve);
  sent.on("error", reject);
  sent.end();
  promise.catch(() => undefined);
  return { sent, head: promise };
}

interface Reading {
  readonly chunks: Buffer[];
  /** Undefined while it is open, "end", or the error's code. */
  ended: string | undefined;
}

function read(message: IncomingMessage): Reading {
  const reading: Reading = { chunks: [], ended: undefined };
  message.on("data", (chunk: Buffer) => reading.chunks.push(chunk));
  message.on("end", () => {
    reading.ended ??= "end";
  });
  message.on("error", (error: NodeJS.ErrnoException) => {
    reading.ended ??= error.code ?? error.message;
  });
  return reading;
}

const textOf = ({ chunks }: Reading): string => Buffer.concat(chunks).toString("utf8");

async function finished(reading: Reading): Promise<string> {
  return eventually("the end of the answer", () => reading.ended);
}

test("a client that trusts its certificate lists, and keeps its connection for the next request", async () => {
  const context = await start();
  for (let round = 0; round < 3; round++) {
    const message = await ask(context, LIST).head;
    const reading = read(message);
    expect(await finished(reading)).toBe("end");
    expect(message.statusCode).toBe(200);
    expect(message.httpVersion).toBe("1.1");
    expect(textOf(reading)).toContain('"kind":"ConfigMapList"');
  }
  expect(context.api.openConnections()).toBe(1);
});

test("a client that does not trust it gets no answer", async () => {
  const { api } = await start();
  const strict = new Agent();
  await expect(ask({ api, agent: strict }, LIST).head).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  expect(api.server.requests()).toEqual([]);
});

test("a watch is chunked, line by line as things happen, and the server notices when the client leaves", async () => {
  const context = await start();
  const { sent, head } = ask(context, `${LIST}?watch=true&resourceVersion=${context.api.server.revision}`);
  const message = await head;
  expect(message.headers["transfer-encoding"]).toBe("chunked");
  const reading = read(message);
  context.api.server.put(configMap("b"));
  await eventually("the first event", () => textOf(reading).includes('"name":"b"'));
  context.api.server.put(configMap("c"));
  await eventually("the second event", () => textOf(reading).includes('"name":"c"'));
  sent.destroy();
  await eventually("the end of the watch", () => context.api.server.watches().length === 0);
});

test("RST instead of an answer", async () => {
  await expect(ask(await start({ kind: "reset" }), LIST).head).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("a body that breaks off", async () => {
  const message = await ask(await start({ kind: "cut-body", keepBytes: 20, how: "close" }), LIST).head;
  const reading = read(message);
  expect(await finished(reading)).toBe("ECONNRESET");
  expect(textOf(reading)).toHaveLength(20);
});

test("accepted and never answered", async () => {
  const context = await start({ kind: "hang" });
  const { sent, head } = ask(context, LIST);
  await eventually("the request", () => context.api.server.requests().length === 1);
  sent.destroy(new Error("gave up"));
  await expect(head).rejects.toThrow("gave up");
  await eventually("its end", () => context.api.server.requests()[0]?.isOpen === false);
});

test("TCP connects, TLS never answers", async () => {
  const context = await start();
  context.api.setMode("handshake-hang");
  const { sent, head } = ask(context, LIST);
  await eventually("the connection", () => context.api.openConnections() === 1);
  sent.destroy(new Error("gave up"));
  await expect(head).rejects.toThrow("gave up");
  context.api.setMode("https");
  expect((await ask(context, LIST).head).statusCode).toBe(200);
});

test("refused while closed, the same port once it is open again", async () => {
  const context = await start();
  await context.api.close();
  await expect(ask(context, LIST).head).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await context.api.open();
  expect((await ask(context, LIST).head).statusCode).toBe(200);
});

/** A watch under one fault, with two objects written while it is open. */
async function watchUnder(
  fault: StreamFault,
): Promise<{ readonly reading: Reading; readonly api: ListeningKubeApiServer }> {
  const context = await start({ kind: "stream", script: [fault] });
  const { head } = ask(context, `${LIST}?watch=true&resourceVersion=${context.api.server.revision}`);
  const reading = read(await head);
  context.api.server.put(configMap("b"), configMap("c"));
  return { reading, api: context.api };
}

test("RST inside a watch", async () => {
  const { reading } = await watchUnder({ after: 1, do: "reset" });
  expect(await finished(reading)).toBe("ECONNRESET");
});

test("FIN in the middle of a chunk", async () => {
  const { reading } = await watchUnder({ after: 1, do: "cut" });
  expect(await finished(reading)).toBe("ECONNRESET");
  expect(textOf(reading).split("\n")[0]).toContain('"name":"b"');
});

test("silence: the connection stays and acknowledges, nothing is written", async () => {
  const { reading, api } = await watchUnder({ after: 1, do: "silence" });
  await eventually("the first event", () => textOf(reading).includes("\n"));
  api.server.put(configMap("d"));
  const socket = connect(api.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await eventually("another connection is accepted", () => api.openConnections() === 2);
  expect(reading.ended).toBeUndefined();
  expect(textOf(reading)).not.toContain('"name":"c"');
});

test("two writes of one line arrive as two chunks, cut inside a character", async () => {
  const { reading } = await watchUnder({ after: 1, do: "split-character" });
  await eventually("both events", () => textOf(reading).split("\n").length === 3);
  expect(textOf(reading)).toContain("zwölf €");
});

test("a body beyond the limit of the server ends the connection", async () => {
  const { api, agent } = await start();
  const headers = { authorization: `Bearer ${api.server.adminToken}`, "content-type": "application/json" };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = request(`${api.url}${LIST}`, { agent, method: "POST", headers }, resolve);
  sent.on("error", reject);
  sent.end(Buffer.alloc(4 * 1024 * 1024, " "));
  const refused = await promise.then(
    ({ statusCode }) => statusCode,
    ({ code }: NodeJS.ErrnoException) => code,
  );
  expect(["ECONNRESET", "EPIPE"]).toContain(refused);
});
