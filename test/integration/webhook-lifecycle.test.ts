import { Agent, request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { ConfigError, UnavailableError, UpstreamUnavailable } from "#src/errors.ts";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { eventually } from "#test/support/eventually.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { exchange, openSocket, parseAnswer, readToEnd } from "#test/support/raw-http.ts";
import {
  get,
  post,
  REACHED,
  type StartedWebhook,
  scriptedEngine,
  serveWebhook,
  startWebhook,
} from "#test/support/webhook.ts";

async function isRefused({ port }: StartedWebhook): Promise<boolean> {
  try {
    (await openSocket({ host: "127.0.0.1", port })).destroy();
    return false;
  } catch {
    return true;
  }
}

describe("the deadline", () => {
  test("an engine that heeds its signal gets the rest of its budget, then the answer is 503", async () => {
    const clock = new ManualClock();
    const reason = Promise.withResolvers<unknown>();
    const records = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          reason.resolve(signal.reason);
          reject(signal.reason as Error);
        });
        void clock.advance(12_000);
      });
    const webhook = await serveWebhook({ records }, { clock });
    const answer = await get(webhook, "/records");
    expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: "request.deadline" })]);
    expect(await reason.promise).toBeInstanceOf(UpstreamUnavailable);
    expect(clock.monotonicMs()).toBe(12_000);
  });

  test("an engine that does not heed it is left behind, and external-dns still gets an answer before its 15 s", async () => {
    const clock = new ManualClock();
    const never = (): Promise<never> => {
      void clock.advance(14_000);
      return new Promise(() => undefined);
    };
    const webhook = await serveWebhook({ applyChanges: never }, { clock });
    expect((await post(webhook, "/records", "{}")).status).toBe(503);
  });

  test("the budget counts from arrival: a body that used it up leaves nothing for the engine", async () => {
    const clock = new ManualClock();
    let calls = 0;
    const applyChanges = async () => {
      calls += 1;
      return REACHED;
    };
    const webhook = await serveWebhook({ applyChanges }, { clock });
    const socket = await openSocket({ host: "127.0.0.1", port: webhook.port });
    const answer = readToEnd(socket);
    const head = `POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${MEDIA_TYPE}\r\nContent-Length: 2\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n`;
    socket.write(head);
    // "100 Continue" says that the head has arrived.
    await new Promise((resolve) => socket.once("data", resolve));
    await clock.advance(14_000);
    socket.write("{}");
    expect(await answer).toContain("HTTP/1.1 503 Service Unavailable");
    expect(calls).toBe(0);
  });

  test("a caller that goes away aborts the engine's work", async () => {
    const aborted = Promise.withResolvers<unknown>();
    const begun = Promise.withResolvers<void>();
    const records = (signal: AbortSignal): Promise<never> => {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      begun.resolve();
      return new Promise(() => undefined);
    };
    const webhook = await serveWebhook({ records });
    const socket = await openSocket({ host: "127.0.0.1", port: webhook.port });
    socket.write("GET /records HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await begun.promise;
    socket.destroy();
    expect(await aborted.promise).toMatchObject({ code: "request.caller_gone" });
  });
});

describe("listening", () => {
  test("localhost is both loopbacks on one port", async () => {
    const webhook = await serveWebhook({}, { host: "localhost" });
    const hosts = webhook.server.addresses().map(({ host }) => host);
    expect(hosts[0]).toBe("127.0.0.1");
    for (const host of hosts) {
      const named = host.includes(":") ? `[${host}]` : host;
      const answer = await exchange(
        { host, port: webhook.port },
        `GET / HTTP/1.1\r\nHost: ${named}:${webhook.port}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer.status).toBe(200);
    }
  });

  test("a taken port is said in a sentence that names it", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    try {
      const attempt = startWebhook(scriptedEngine(), { port });
      await expect(attempt).rejects.toBeInstanceOf(UnavailableError);
      await expect(attempt).rejects.toThrow(
        `the webhook listener cannot use 127.0.0.1 port ${port}: another process uses it`,
      );
    } finally {
      other.close();
    }
  });

  test.each([["0.0.0.0"], ["::"], ["192.0.2.1"], ["example.com"]])(
    "%s, which others can reach, is refused",
    async (host) => {
      await expect(startWebhook(scriptedEngine(), { host })).rejects.toBeInstanceOf(ConfigError);
    },
  );
});

describe("connections", () => {
  test("an idle one is kept longer than Go's client keeps it, so that the client closes first", async () => {
    const answer = await get(await serveWebhook(), "/", { connection: "keep-alive" });
    expect(answer.headers.get("keep-alive")).toBe("timeout=120");
  });

  test("one more than the limit is closed, those within it are served", async () => {
    const webhook = await serveWebhook({}, { limits: { maxConnections: 2 } });
    const target = { host: "127.0.0.1", port: webhook.port };
    const [first, second] = [await openSocket(target), await openSocket(target)];
    const third = await openSocket(target);
    const closed = new Promise((resolve) => third.once("close", resolve));
    third.on("error", () => undefined).resume();
    await closed;
    const answer = readToEnd(second);
    second.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    expect(parseAnswer(await answer).status).toBe(200);
    first.destroy();
  });
});

describe("stopping", () => {
  test("a request in flight is finished and told that the connection ends", async () => {
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const webhook = await serveWebhook({
      applyChanges: async () => {
        begun.resolve();
        await release.promise;
        return REACHED;
      },
    });
    const socket = await openSocket({ host: "127.0.0.1", port: webhook.port });
    const answer = readToEnd(socket);
    socket.write(
      `POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${MEDIA_TYPE}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    await begun.promise;
    const stopped = webhook.server.stop();
    await eventually("new connections are refused", () => isRefused(webhook));
    release.resolve();
    const { status, headers } = parseAnswer(await answer);
    expect([status, headers.get("connection")]).toEqual([204, "close"]);
    await stopped;
  });

  test("idle connections are closed, also those that never asked anything", async () => {
    const webhook = await serveWebhook();
    const agent = new Agent({ keepAlive: true });
    const idle = Promise.withResolvers<void>();
    httpRequest({ host: "127.0.0.1", port: webhook.port, agent }, (answer) => {
      answer.resume().once("end", () => idle.resolve());
    }).end();
    const silent = await openSocket({ host: "127.0.0.1", port: webhook.port });
    const ended = readToEnd(silent);
    await idle.promise;
    await webhook.server.stop();
    expect(await ended).toBe("");
    agent.destroy();
  });

  test("a request that does not end is cut after the budget and a little more", async () => {
    const clock = new ManualClock();
    const begun = Promise.withResolvers<void>();
    const webhook = await serveWebhook({}, { clock });
    const socket = await openSocket({ host: "127.0.0.1", port: webhook.port });
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    socket.write("POST /records HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n");
    socket.write(`Content-Type: ${MEDIA_TYPE}\r\nContent-Length: 2\r\n\r\n`);
    socket.once("data", () => begun.resolve());
    await begun.promise;
    const stopped = webhook.server.stop();
    await clock.advance(14_100);
    await Promise.all([stopped, ended]);
    expect(webhook.server.addresses()).toEqual([]);
  });

  test("stopping twice, or before starting, is fine", async () => {
    const webhook = await serveWebhook();
    await Promise.all([webhook.server.stop(), webhook.server.stop()]);
    await webhook.server.stop();
    expect(webhook.server.addresses()).toEqual([]);
  });
});
