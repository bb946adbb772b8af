/* oxlint-disable vitest/expect-expect -- expectProblem asserts */

import { describe, expect, test } from "vitest";
import type { Changes } from "#src/domain/changes.ts";
import { UpstreamUnavailable } from "#src/errors.ts";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { WebhookClient } from "#test/fakes/external-dns/webhook-client.ts";
import { endpoint } from "#test/support/endpoints.ts";
import { eventually } from "#test/support/eventually.ts";
import { exchange } from "#test/support/raw-http.ts";
import {
  fetchBare,
  get,
  post,
  REACHED,
  type StartedWebhook,
  scriptedEngine,
  serveWebhook,
} from "#test/support/webhook.ts";

const WWW = endpoint("www.example.com", "A", ["192.0.2.1"], { recordTtlSeconds: 60 });
const WWW_JSON =
  '{"dnsName":"www.example.com","targets":["192.0.2.1"],"recordType":"A","recordTTL":60,"labels":{"owner":"test-owner"}}';

describe("the protocol", () => {
  test("negotiation answers the filter with the exact bytes of the media type", async () => {
    const webhook = await serveWebhook();
    const answer = await exchange(
      { host: "127.0.0.1", port: webhook.port },
      `GET / HTTP/1.1\r\nHost: localhost:${webhook.port}\r\nAccept: ${MEDIA_TYPE}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^content-type: application\/external\.dns\.webhook\+json;version=1\r$/m);
    expect(answer.body).toBe('{"include":["example.com"]}\n');
  });

  test("every answer with content carries the exact media type", async () => {
    const webhook = await serveWebhook({ records: async () => [WWW] });
    for (const answer of [await get(webhook, "/records"), await post(webhook, "/adjustendpoints", `[${WWW_JSON}]`)]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe(MEDIA_TYPE);
      expect(await answer.text()).toBe(`[${WWW_JSON}]\n`);
    }
  });

  test("changes reach the engine as they were sent and are answered with 204 and no content", async () => {
    const seen: Changes[] = [];
    const webhook = await serveWebhook({
      applyChanges: async (changes) => {
        seen.push(changes);
        return REACHED;
      },
    });
    const answer = await post(webhook, "/records", `{"create":[${WWW_JSON}],"UpdateOld":null}`);
    expect(answer.status).toBe(204);
    expect(await answer.text()).toBe("");
    expect(seen).toEqual([{ create: [WWW], updateOld: [], updateNew: [], delete: [] }]);
  });

  test("null is no changes and no endpoints", async () => {
    const webhook = await serveWebhook();
    expect((await post(webhook, "/records", "null")).status).toBe(204);
    expect(await (await post(webhook, "/adjustendpoints", "null")).text()).toBe("[]\n");
  });

  test("the client of external-dns negotiates, lists, adjusts and applies", async () => {
    const webhook = await serveWebhook({ records: async () => [WWW] });
    const client = new WebhookClient({
      url: webhook.url,
      release: "0.21",
      sleep: async () => undefined,
      random: () => 0.5,
    });
    await client.negotiate();
    expect(client.domainFilter.include).toEqual(["example.com"]);
    const records = await client.records();
    expect(records.map(({ dnsName }) => dnsName)).toEqual(["www.example.com"]);
    expect(await client.adjustEndpoints(records)).toEqual(records);
    await client.applyChanges({ create: records, updateOld: [], updateNew: [], delete: [] });
  });

  test("several engines share the listener under their paths, with and without a final slash", async () => {
    const named = (include: string) => ({
      engine: scriptedEngine({ domainFilter: { include: [include], exclude: [], regexInclude: "", regexExclude: "" } }),
    });
    const engines = [
      { path: "/local", ...named("local.example.com") },
      { path: "/other/", ...named("other.example.com") },
    ];
    const webhook = await serveWebhook({}, { engines });
    expect(await (await get(webhook, "/local")).text()).toContain("local.example.com");
    expect(await (await get(webhook, "/local/")).text()).toContain("local.example.com");
    expect(await (await get(webhook, "/other")).text()).toContain("other.example.com");
    expect((await get(webhook, "/local/records")).status).toBe(200);
    expect((await post(webhook, "/other/records", "{}")).status).toBe(204);
    expect((await get(webhook, "/")).status).toBe(404);
  });

  test("HEAD answers like GET without content", async () => {
    const webhook = await serveWebhook();
    const answer = await fetchBare(webhook, "/", { method: "HEAD", headers: {} });
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([200, MEDIA_TYPE, ""]);
  });
});

describe("requests that are refused", () => {
  async function expectProblem(answer: Response, status: number, code: string): Promise<void> {
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toEqual({
      type: "about:blank",
      title: expect.any(String) as string,
      status,
      detail: expect.any(String) as string,
      code,
    });
    expect(answer.status).toBe(status);
  }

  test("an unknown path is 404, with any method and media type", async () => {
    const webhook = await serveWebhook();
    await expectProblem(await get(webhook, "/healthz"), 404, "request.no_such_path");
    await expectProblem(
      await post(webhook, "/applychanges", "x", { "content-type": "text/plain" }),
      404,
      "request.no_such_path",
    );
    expect(webhook.handled.map(({ route }) => route)).toEqual(["other", "other"]);
  });

  test.each([
    ["DELETE", "/records", "GET, HEAD, POST"],
    ["PUT", "/", "GET, HEAD"],
    ["POST", "/", "GET, HEAD"],
    ["GET", "/adjustendpoints", "POST"],
    ["PROPFIND", "/records/", "GET, HEAD, POST"],
  ])("%s %s is 405 and tells what is allowed", async (method, path, allow) => {
    const answer = await fetchBare(await serveWebhook(), path, { method, headers: {} });
    expect(answer.headers.get("allow")).toBe(allow);
    await expectProblem(answer, 405, "request.method");
  });

  test("an Accept that excludes the media type is 406", async () => {
    await expectProblem(
      await get(await serveWebhook(), "/records", { accept: "text/html" }),
      406,
      "request.not_acceptable",
    );
  });

  test("POST /records has no content to accept, so its Accept does not matter", async () => {
    expect((await post(await serveWebhook(), "/records", "{}", { accept: "text/html" })).status).toBe(204);
  });

  test.each([["application/json"], ["text/plain"], [""]])("a body of %j is 415", async (contentType) => {
    await expectProblem(
      await post(await serveWebhook(), "/records", "{}", { "content-type": contentType }),
      415,
      "request.media_type",
    );
  });

  test.each([
    ["application/external.dns.webhook+json"],
    ['Application/External.DNS.Webhook+JSON ; Version = "1" ; charset=utf-8'],
    ["application/external.dns.webhook+json;charset=utf-8;version=1"],
  ])("a body of %j is read", async (contentType) => {
    expect((await post(await serveWebhook(), "/records", "{}", { "content-type": contentType })).status).toBe(204);
  });

  test.each([
    ["nothing", "", "request.body_empty"],
    ["half an object", "{", "request.body_not_json"],
    ["a list", "[]", "request.body_invalid"],
    ["__proto__", '{"create":[{"labels":{"__proto__":{"polluted":true}}}]}', "request.body_not_json"],
    ["constructor.prototype", '{"constructor":{"prototype":{"polluted":true}}}', "request.body_not_json"],
    ["200,000 nested lists", `{"create":${"[".repeat(200_000)}${"]".repeat(200_000)}}`, "request.body_invalid"],
  ])("a body of %s is 400", async (_, body, code) => {
    const webhook = await serveWebhook();
    await expectProblem(await post(webhook, "/records", body), 400, code);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    expect(webhook.bugs()).toBe(0);
  });

  test("a body above 32 MiB is 413, one of exactly that is read", async () => {
    const webhook = await serveWebhook();
    const padded = (bytes: number) => `{"padding":"${" ".repeat(bytes - 14)}"}`;
    expect((await post(webhook, "/records", padded(32 * 1024 * 1024))).status).toBe(204);
    await expectProblem(await post(webhook, "/records", padded(32 * 1024 * 1024 + 1)), 413, "request.too_large");
  });

  test("a foreign Host is 421, a browser's headers are 403", async () => {
    const webhook = await serveWebhook();
    await expectProblem(await get(webhook, "/records", { host: "evil.example.com" }), 421, "request.wrong_host");
    await expectProblem(await get(webhook, "/records", { origin: "http://localhost" }), 403, "request.from_browser");
    await expectProblem(await get(webhook, "/records", { "sec-fetch-site": "none" }), 403, "request.from_browser");
  });

  test("a path that is no URL is 400", async () => {
    await expectProblem(await get(await serveWebhook(), "/%zz"), 400, "request.bad_url");
  });

  test("bytes that are no HTTP are answered with 400 and the connection ends", async () => {
    const webhook = await serveWebhook();
    const answer = await exchange({ host: "127.0.0.1", port: webhook.port }, "hello\r\n\r\n");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 400, code: "request.malformed" });
  });

  test("headers that do not come to an end are answered with 408", async () => {
    const webhook = await serveWebhook({}, { limits: { headersTimeoutMs: 100 } });
    const answer = await exchange({ host: "127.0.0.1", port: webhook.port }, "GET / HTTP/1.1\r\nHost: localhost\r\n");
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      408,
      expect.objectContaining({ code: "request.too_slow" }),
    ]);
  });

  test("a body that does not come to an end is answered with 408, and is no bug", async () => {
    const webhook = await serveWebhook({}, { limits: { headersTimeoutMs: 100, requestTimeoutMs: 100 } });
    const answer = await exchange(
      { host: "127.0.0.1", port: webhook.port },
      `POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${MEDIA_TYPE}\r\nContent-Length: 100\r\n\r\n{`,
    );
    expect(answer.status).toBe(408);
    await eventually("the request is over", () => webhook.handled.length === 1);
    expect(webhook.handled).toEqual([{ route: "apply", statusCode: 499 }]);
    expect(webhook.bugs()).toBe(0);
  });
});

describe("an engine that fails", () => {
  const away = async (): Promise<never> => {
    throw new UpstreamUnavailable("store.unavailable", { upstream: "local", operation: "list" }, "the disk is away");
  };
  const broken = async (): Promise<never> => {
    throw Object.assign(new Error("boom"), { statusCode: 404 });
  };
  const calls = [
    ["GET /records", (webhook: StartedWebhook) => get(webhook, "/records")],
    ["POST /adjustendpoints", (webhook: StartedWebhook) => post(webhook, "/adjustendpoints", "[]")],
    ["POST /records", (webhook: StartedWebhook) => post(webhook, "/records", "{}")],
  ] as const;

  test.each(calls)("%s of a backend that is away is 503, never an empty list", async (_, call) => {
    const webhook = await serveWebhook({ records: away, adjustEndpoints: away, applyChanges: away });
    const answer = await call(webhook);
    expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: "store.unavailable" })]);
    expect(webhook.bugs()).toBe(0);
  });

  test.each(calls)("%s that meets a bug is 500 and counted, and the next one is served", async (_, call) => {
    const webhook = await serveWebhook({ records: broken, adjustEndpoints: broken, applyChanges: broken });
    const answer = await call(webhook);
    expect([answer.status, await answer.json()]).toEqual([500, expect.objectContaining({ code: "internal" })]);
    expect(webhook.bugs()).toBe(1);
    expect((await get(webhook, "/")).status).toBe(200);
  });

  test.each([
    ["refused", 500],
    ["retry", 503],
  ] as const)("changes whose outcome is %s are %d", async (outcome, status) => {
    const webhook = await serveWebhook({ applyChanges: async () => ({ ...REACHED, outcome, remaining: 3 }) });
    expect((await post(webhook, "/records", "{}")).status).toBe(status);
    await eventually("the request is counted", () => webhook.handled.length === 1);
    expect(webhook.handled).toEqual([{ route: "apply", statusCode: status }]);
  });
});
