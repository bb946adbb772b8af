/* oxlint-disable vitest/expect-expect -- expectDocumented asserts */
// openapi/webhook.yaml against the running webhook: every answer is one the document foresees, every body that the document
// allows is read, and its limits are the real ones.

import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { RequestError, UpstreamRejected, UpstreamUnavailable } from "#src/errors.ts";
import { Secret } from "#src/lib/secret.ts";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { valueOfSchema } from "#test/support/arbitrary-json.ts";
import { endpoint } from "#test/support/endpoints.ts";
import {
  expectDocumented,
  type JsonSchema,
  operationOf,
  problemsWith,
  readOpenApi,
  responseOf,
} from "#test/support/openapi.ts";
import { exchange } from "#test/support/raw-http.ts";
import { fetchBare, get, post, REACHED, type StartedWebhook, serveWebhook } from "#test/support/webhook.ts";

const DOCUMENT = readOpenApi("openapi/webhook.yaml");
const { schemas } = DOCUMENT.components;
type Call = readonly [method: "GET" | "POST", path: "/" | "/records" | "/adjustendpoints"];
const CALLS: readonly Call[] = [
  ["GET", "/"],
  ["GET", "/records"],
  ["POST", "/adjustendpoints"],
  ["POST", "/records"],
];
const POSTS = CALLS.filter(([method]) => method === "POST");
const LISTED = [
  endpoint("www.example.com", "A", ["192.0.2.1"], { recordTtlSeconds: 60, setIdentifier: "one" }),
  endpoint("www.example.com", "TXT", ['"text"'], { providerSpecific: [{ name: "webhook/x", value: "" }] }),
];

/** Asks as external-dns does, but for what `headers` say; the body is the smallest that is right. */
function ask(webhook: StartedWebhook, [method, path]: Call, headers: Record<string, string> = {}): Promise<Response> {
  return method === "GET" ? get(webhook, path, headers) : post(webhook, path, "null", headers);
}

async function expectFor([method, path]: Call, response: Response, status: number): Promise<void> {
  expect(response.status).toBe(status);
  const answer = { status, mediaType: response.headers.get("content-type"), body: await response.text() };
  expectDocumented(DOCUMENT, operationOf(DOCUMENT, path, method), answer);
}

describe("the document", () => {
  test("names exactly the calls that there are, each with an id of its own", () => {
    const named = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(named.toSorted()).toEqual(CALLS.map((call) => call.join(" ")).toSorted());
    const ids = CALLS.map(([method, path]) => operationOf(DOCUMENT, path, method).operationId);
    expect(new Set(ids).size).toBe(CALLS.length);
  });

  test("answers and reads one media type, byte for byte, beside problems", () => {
    for (const [method, path] of CALLS) {
      const operation = operationOf(DOCUMENT, path, method);
      const content = Object.keys(operation.responses).flatMap((status) =>
        Object.keys(responseOf(DOCUMENT, operation, Number(status))?.content ?? {}),
      );
      expect(content.filter((mediaType) => ![MEDIA_TYPE, "application/problem+json"].includes(mediaType))).toEqual([]);
      expect(Object.keys(operation.requestBody?.content ?? {})).toEqual(method === "POST" ? [MEDIA_TYPE] : []);
    }
  });

  test("resolves every reference", () => {
    const references = JSON.stringify(DOCUMENT).matchAll(/"#\/components\/(schemas|responses)\/(\w+)"/g);
    const missing = [...references].filter(([, kind, name = ""]) => !(name in DOCUMENT.components[kind as "schemas"]));
    expect(missing).toEqual([]);
  });

  test("has examples that are right", () => {
    for (const [method, path] of CALLS) {
      const operation = operationOf(DOCUMENT, path, method);
      const contents = [operation.requestBody?.content, responseOf(DOCUMENT, operation, 200)?.content];
      for (const { schema, example } of contents.flatMap((content) => Object.values(content ?? {}))) {
        expect(problemsWith(DOCUMENT, schema, example)).toEqual([]);
      }
    }
  });

  test("would notice a wrong answer", () => {
    expect(problemsWith(DOCUMENT, schemas["DomainFilter"]!, { filters: ["example.com"] })).not.toEqual([]);
    expect(problemsWith(DOCUMENT, schemas["DomainFilter"]!, { include: ["a"], regexInclude: "b" })).not.toEqual([]);
    expect(problemsWith(DOCUMENT, schemas["Endpoint"]!, { recordTTL: 1.5 })).not.toEqual([]);
    expect(problemsWith(DOCUMENT, schemas["Endpoint"]!, { name: "a" })).not.toEqual([]);
    expect(problemsWith(DOCUMENT, schemas["Problem"]!, { status: 500 })).not.toEqual([]);
  });
});

describe("answers with what was asked for", () => {
  test.each(CALLS)("%s %s", async (...call) => {
    const webhook = await serveWebhook({ records: async () => LISTED, adjustEndpoints: async () => LISTED });
    await expectFor(call, await ask(webhook, call), call[1] === "/records" && call[0] === "POST" ? 204 : 200);
  });

  test.each([
    ["no filter", { include: [], exclude: [], regexInclude: "", regexExclude: "" }],
    ["lists", { include: ["a.example"], exclude: [".b.a.example"], regexInclude: "", regexExclude: "" }],
    ["patterns", { include: [], exclude: [], regexInclude: "a$", regexExclude: "^b" }],
  ])("negotiation with %s", async (_, domainFilter) => {
    await expectFor(["GET", "/"], await get(await serveWebhook({ domainFilter }), "/"), 200);
  });
});

describe.each(CALLS)("refusals of %s %s", (...call) => {
  test("by its headers", async () => {
    const webhook = await serveWebhook();
    await expectFor(call, await ask(webhook, call, { host: "evil.example.com" }), 421);
    await expectFor(call, await ask(webhook, call, { origin: "http://localhost" }), 403);
    if (call.join(" ") !== "POST /records")
      await expectFor(call, await ask(webhook, call, { accept: "text/html" }), 406);
    const locked = await serveWebhook({}, { credentials: { username: "dns", password: new Secret("secret") } });
    await expectFor(call, await ask(locked, call), 401);
  });

  test("by its bytes", async () => {
    const webhook = await serveWebhook({}, { limits: { headersTimeoutMs: 100, requestTimeoutMs: 100 } });
    const [method, path] = call;
    const requests = [
      [400, `${method} ${path} HTTP/9.9\r\nHost: localhost\r\n\r\n`],
      [408, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n`],
      [431, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`],
    ] as const;
    for (const [status, request] of requests) {
      const { headers, ...answer } = await exchange({ host: "127.0.0.1", port: webhook.port }, request);
      expect(answer.status).toBe(status);
      const mediaType = headers.get("content-type");
      expectDocumented(DOCUMENT, operationOf(DOCUMENT, path, method), { ...answer, mediaType });
    }
  });
});

describe.each(POSTS)("bodies of %s %s that are refused", (...call) => {
  test.each([
    ["nothing", 400, ""],
    ["no JSON", 400, "{"],
    ["another shape", 400, '"text"'],
    ["a polluting key", 400, '{"__proto__":{}}'],
    ["another media type", 415, "null", "application/json"],
    ["more than 32 MiB", 413, `"${"x".repeat(32 * 1024 * 1024)}"`],
  ])("%s is %d", async (_, status, body, mediaType = MEDIA_TYPE) => {
    await expectFor(call, await post(await serveWebhook(), call[1], body, { "content-type": mediaType }), status);
  });
});

describe.each(CALLS.slice(1))("failures behind %s %s", (...call) => {
  const where = { upstream: "local", operation: "list" };
  test.each([
    ["a backend that is away", 503, new UpstreamUnavailable("store.unavailable", where, "it is away")],
    ["a backend that rejects us", 500, new UpstreamRejected("store.denied", where, "it says no")],
    ["a bug", 500, new Error("boom")],
    ["an error that pretends to be the caller's", 500, new RequestError(404, "request.no_such_path", "nothing")],
  ])("%s is %d", async (_, status, error) => {
    const fail = () => Promise.reject(error);
    const webhook = await serveWebhook({ records: fail, adjustEndpoints: fail, applyChanges: fail });
    await expectFor(call, await ask(webhook, call), status);
  });
});

test.each([
  ["refused", 500],
  ["retry", 503],
] as const)("changes whose outcome is %s are %d", async (outcome, status) => {
  const failures = [{ name: "a.example", type: "A", code: "target.invalid", reason: "it is none", retryable: false }];
  const webhook = await serveWebhook({ applyChanges: async () => ({ ...REACHED, outcome, failures }) });
  await expectFor(["POST", "/records"], await post(webhook, "/records", "{}"), status);
});

test("an unknown path and another method answer with the documented problem", async () => {
  const webhook = await serveWebhook();
  const answers = [await get(webhook, "/healthz"), await fetchBare(webhook, "/", { method: "DELETE", headers: {} })];
  expect(answers.map(({ status }) => status)).toEqual([404, 405]);
  for (const answer of answers) {
    expect(problemsWith(DOCUMENT, schemas["Problem"]!, await answer.json())).toEqual([]);
  }
});

describe("what the document lets callers send", () => {
  let webhook: StartedWebhook;
  beforeEach(async () => {
    webhook = await serveWebhook();
  });

  test.each([
    ["/adjustendpoints", "WantedEndpoints", 200],
    ["/records", "Changes", 204],
  ])("every body for %s is read", async (path, name, status) => {
    await fc.assert(
      fc.asyncProperty(valueOfSchema(schemas[name]!, { schemas }), async (body) => {
        const answer = await post(webhook, path, JSON.stringify(body));
        expect([answer.status, status === 204 ? "" : await answer.text()]).toEqual([status, expect.any(String)]);
      }),
      { numRuns: 150 },
    );
  });

  const wanted = schemas["WantedEndpoint"]!["properties"] as Record<string, JsonSchema>;
  const property = (wanted["providerSpecific"]!["items"] as JsonSchema)["properties"] as Record<string, JsonSchema>;
  const number = (schema: JsonSchema | undefined, keyword: string) => Number(schema?.[keyword]);
  const labelsOf = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, ""]));
  const text = (length: number) => "x".repeat(length);
  const items = (length: number, value: unknown) => Array.from({ length }, () => value);
  const child = (schema: JsonSchema | undefined, keyword: string) => schema?.[keyword] as JsonSchema | undefined;

  test.each<[what: string, limit: number, endpointOf: (size: number) => object]>([
    ["dnsName", number(wanted["dnsName"], "maxLength"), (size) => ({ dnsName: text(size) })],
    ["recordType", number(wanted["recordType"], "maxLength"), (size) => ({ recordType: text(size) })],
    ["setIdentifier", number(wanted["setIdentifier"], "maxLength"), (size) => ({ setIdentifier: text(size) })],
    ["a target", number(child(wanted["targets"], "items"), "maxLength"), (size) => ({ targets: [text(size)] })],
    ["labels", number(wanted["labels"], "maxProperties"), (size) => ({ labels: labelsOf(size) })],
    [
      "a label's name",
      number(child(wanted["labels"], "propertyNames"), "maxLength"),
      (size) => ({ labels: { [text(size)]: "" } }),
    ],
    [
      "a label",
      number(child(wanted["labels"], "additionalProperties"), "maxLength"),
      (size) => ({ labels: { a: text(size) } }),
    ],
    [
      "providerSpecific",
      number(wanted["providerSpecific"], "maxItems"),
      (size) => ({ providerSpecific: items(size, {}) }),
    ],
    [
      "a property's name",
      number(property["name"], "maxLength"),
      (size) => ({ providerSpecific: [{ name: text(size) }] }),
    ],
    [
      "a property's value",
      number(property["value"], "maxLength"),
      (size) => ({ providerSpecific: [{ value: text(size) }] }),
    ],
  ])("the limit of %s is %d, and no more is read", async (_, limit, endpointOf) => {
    expect(limit).toBeGreaterThan(0);
    const statusOf = async (size: number) =>
      (await post(webhook, "/adjustendpoints", JSON.stringify([endpointOf(size)]))).status;
    expect([await statusOf(limit), await statusOf(limit + 1)]).toEqual([200, 400]);
  });

  test("the limit of endpoints holds for all lists of a body together", async () => {
    const limit = number(schemas["WantedEndpoints"], "maxItems");
    const body = (size: number) => JSON.stringify({ create: items(size - 1, {}), delete: [{}] });
    expect((await post(webhook, "/records", body(limit))).status).toBe(204);
    const answer = await post(webhook, "/records", body(limit + 1));
    await expectFor(["POST", "/records"], answer, 413);
  });

  test("the limit of targets holds for all endpoints of a body together", async () => {
    const limit = number(wanted["targets"], "maxItems");
    const body = (size: number) => JSON.stringify([{ targets: items(size - 1, "a") }, { targets: ["a"] }]);
    expect((await post(webhook, "/adjustendpoints", body(limit))).status).toBe(200);
    const answer = await post(webhook, "/adjustendpoints", body(limit + 1));
    await expectFor(["POST", "/adjustendpoints"], answer, 413);
  });

  test.each([
    ["a fraction as recordTTL", { recordTTL: 1.5 }],
    ["a number as dnsName", { dnsName: 1 }],
    ["a text as targets", { targets: "192.0.2.1" }],
    ["a number as label", { labels: { owner: 1 } }],
  ])("%s is allowed by neither the document nor the server", async (_, wrong) => {
    expect(problemsWith(DOCUMENT, schemas["WantedEndpoint"]!, wrong)).not.toEqual([]);
    expect((await post(webhook, "/adjustendpoints", JSON.stringify([wrong]))).status).toBe(400);
  });
});
