import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { UnavailableError } from "#src/errors.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { Secret } from "#src/lib/secret.ts";
import { createOpsServer, type OpsServer, type OpsServerOptions } from "#src/ops/server.ts";

interface StartedOps {
  readonly server: OpsServer;
  readonly url: string;
  readonly bugs: () => number;
}

let servers: OpsServer[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  servers = [];
});

async function serve(more: Partial<OpsServerOptions> = {}): Promise<StartedOps> {
  let bugs = 0;
  const server = createOpsServer({
    hosts: ["127.0.0.1"],
    port: 0,
    isLive: async () => true,
    readiness: () => ({ isReady: true, reasons: [] }),
    metrics: {
      contentType: "text/plain; version=0.0.4; charset=utf-8",
      render: async () => "zonegate_ready 1\n",
      bugCaught: () => {
        bugs += 1;
      },
    },
    status: () => ({ zones: [] }),
    explain: async (name) => ({ name, answers: [], claims: [], leftOut: [], hints: [] }),
    log: SILENT,
    clock: SYSTEM_CLOCK,
    ...more,
  });
  servers.push(server);
  await server.start();
  return { server, url: `http://127.0.0.1:${server.addresses()[0]?.port}`, bugs: () => bugs };
}

describe("health", () => {
  test.each([["/livez"], ["/healthz"]])("%s is 200 while the data plane answers", async (path) => {
    const { url } = await serve();
    const answer = await fetch(`${url}${path}`);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { status: "ok", checks: { eventLoop: "ok", dataPlane: "ok" } },
    ]);
  });

  test.each([["/livez"], ["/healthz"]])("%s is 503 when it does not", async (path) => {
    const { url } = await serve({ isLive: async () => false });
    const answer = await fetch(`${url}${path}`);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: "failing", checks: { eventLoop: "ok", dataPlane: "silent" } },
    ]);
  });

  test("/readyz is 503 with its reasons until everything is there, and again while draining", async () => {
    let reasons: readonly string[] = ["zone home.arpa has not synced"];
    const { url } = await serve({ readiness: () => ({ isReady: reasons.length === 0, reasons }) });
    const ask = async () => {
      const answer = await fetch(`${url}/readyz`);
      return [answer.status, await answer.json()];
    };
    expect(await ask()).toEqual([503, { status: "not ready", reasons: ["zone home.arpa has not synced"] }]);
    reasons = [];
    expect(await ask()).toEqual([200, { status: "ready", reasons: [] }]);
    reasons = ["draining"];
    expect(await ask()).toEqual([503, { status: "not ready", reasons: ["draining"] }]);
  });

  test("HEAD answers like GET without content", async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/healthz`, { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });
});

describe("figures and status", () => {
  test("/metrics is the registry's text in its media type", async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await answer.text()).toBe("zonegate_ready 1\n");
  });

  test("/status is plain JSON without secrets", async () => {
    const status = () => ({ zones: ["home.arpa"], console: { apiKey: "canary", pin: new Secret("canary") } });
    const { url } = await serve({ status });
    const answer = await fetch(`${url}/status`);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await answer.json()).toEqual({ zones: ["home.arpa"], console: { apiKey: "***", pin: "***" } });
  });
});

describe("errors", () => {
  test("an unknown path is 404 and names what there is", async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/nothing`, { method: "POST", body: "x".repeat(100_000) });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ status: 404, code: "request.no_such_path" });
    expect(answer.status).toBe(404);
  });

  test.each([["POST"], ["PUT"], ["DELETE"], ["PATCH"]])("%s is 405", async (method) => {
    const { url } = await serve();
    const answer = await fetch(`${url}/status/`, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("a path that is no URL is 400", async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/%zz`);
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code: "request.bad_url" })]);
  });

  test("a bug in what is asked is 500 without its inside, counted, and the next request is served", async () => {
    const status = (): object => {
      throw new Error("canary");
    };
    const { url, bugs } = await serve({ status });
    const answer = await fetch(`${url}/status`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("canary");
    expect(bugs()).toBe(1);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe("listening", () => {
  test("several addresses share one port", async () => {
    const { server } = await serve({ hosts: ["0.0.0.0", "::"] });
    const addresses = server.addresses();
    expect(addresses[0]?.host).toBe("0.0.0.0");
    expect(new Set(addresses.map(({ port }) => port)).size).toBe(1);
  });

  test("a taken port is said in a sentence", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    try {
      const attempt = serve({ port });
      await expect(attempt).rejects.toBeInstanceOf(UnavailableError);
      await expect(attempt).rejects.toThrow(
        `the ops listener cannot use 127.0.0.1 port ${port}: another process uses it`,
      );
    } finally {
      other.close();
    }
  });

  test("an address that the machine lacks is an error when it is the only one", async () => {
    await expect(serve({ hosts: ["192.0.2.1"] })).rejects.toThrow(
      /192\.0\.2\.1 port 0: this machine has no such address/,
    );
  });

  test("an IPv6 address that the machine lacks is skipped beside another", async () => {
    const { server } = await serve({ hosts: ["127.0.0.1", "2001:db8::1"] });
    expect(server.addresses().map(({ host }) => host)).toEqual(["127.0.0.1"]);
  });

  test("a machine that has none of the addresses is an error", async () => {
    await expect(serve({ hosts: ["2001:db8::1", "2001:db8::2"] })).rejects.toBeInstanceOf(UnavailableError);
  });

  test("after stop nobody answers", async () => {
    const { server, url } = await serve();
    await server.stop();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow("fetch failed");
  });
});
