/* oxlint-disable vitest/expect-expect -- expectDocumented asserts */
// openapi/service.json against the real process and against an ops listener in trouble: every answer is one it foresees, and
// no answer has a key that it does not name.

import { afterEach, describe, expect, test } from "vitest";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { createOpsServer, type OpsServer, type OpsServerOptions } from "#src/ops/server.ts";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { expectDocumented, operationOf, problemsWith, readOpenApi } from "#test/support/openapi.ts";
import { exchange } from "#test/support/raw-http.ts";
import { EXAMPLE, useZonegate } from "#test/support/zonegate-process.ts";

const DOCUMENT = readOpenApi("openapi/service.json");
const PATHS = Object.keys(DOCUMENT.paths);

/** Asks the path, and holds the answer to what the document says of it. */
async function expectFor(url: string, path: string, status: number, query = ""): Promise<unknown> {
  const response = await fetch(url + path + query);
  const body = await response.text();
  expect(response.status).toBe(status);
  expectDocumented(DOCUMENT, operationOf(DOCUMENT, path, "GET"), {
    status,
    mediaType: response.headers.get("content-type"),
    body,
  });
  return path === "/metrics" ? body : JSON.parse(body);
}

describe("a process with everything to tell", () => {
  /** A record that an Ingress claims too, and name servers where the zone has its own: a conflict and a problem. */
  const zonegate = useZonegate({
    env: { MANIFESTS_DIR: EXAMPLE },
    file: [
      "version: 1",
      "zones: [home.example.com]",
      "records:",
      "  - { name: jellyfin.home.example.com, type: A, targets: [192.0.2.7] }",
      "  - { name: home.example.com, type: NS, targets: [ns.example.net] }",
    ].join("\n"),
  });

  test.each(PATHS.filter((path) => path !== "/explain"))("%s", async (path) => {
    await expectFor(zonegate().opsUrl, path, 200);
  });

  test("/status with conflicts, problems, and changes that were refused", async () => {
    const body = JSON.stringify({
      delete: [{ dnsName: "a.home.example.com", recordType: "A", targets: ["192.0.2.1"] }],
    });
    const { status } = await exchange(
      zonegate().webhooks[0]!,
      `POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${MEDIA_TYPE}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(status).toBe(500);
    expect(await expectFor(zonegate().opsUrl, "/status", 200)).toMatchObject({
      dns: {
        conflicts: expect.arrayContaining([expect.objectContaining({ code: "merge.rank" })]) as object,
        problems: expect.arrayContaining([expect.objectContaining({ code: "apex-ns" })]) as object,
        objectProblems: expect.arrayContaining([expect.objectContaining({ code: "host.outside" })]) as object,
        manifests: { problems: [] },
      },
      webhook: { lastApply: { outcome: "refused", failures: [expect.objectContaining({ code: "endpoint.unowned" })] } },
    });
  });

  test.each(["jellyfin", "x.apps", "dlna", "grafana", "nothing", ""])("/explain of %j", async (label) => {
    await expectFor(zonegate().opsUrl, "/explain", 200, `?name=${label}${label === "" ? "" : "."}home.example.com`);
  });

  test.each(["", "?name=", "?name=a..b", "?name=a.example&name=b.example"])("/explain%s is 400", async (query) => {
    await expectFor(zonegate().opsUrl, "/explain", 400, query);
  });
});

describe("a listener in trouble", () => {
  let server: OpsServer | undefined;
  afterEach(async () => {
    await server?.stop();
  });

  async function serve(more: Partial<OpsServerOptions> = {}): Promise<string> {
    const fail = (): never => {
      throw new Error("boom");
    };
    server = createOpsServer({
      hosts: ["127.0.0.1"],
      port: 0,
      isLive: async () => false,
      readiness: () => ({ isReady: false, reasons: ["draining"] }),
      metrics: { contentType: "text/plain", render: fail, bugCaught: () => undefined },
      status: fail,
      explain: fail,
      log: SILENT,
      clock: SYSTEM_CLOCK,
      ...more,
    });
    await server.start();
    return `http://127.0.0.1:${server.addresses()[0]?.port}`;
  }

  test.each([
    ["/livez", 503],
    ["/healthz", 503],
    ["/readyz", 503],
    ["/metrics", 500],
    ["/status", 500],
  ])("%s is %d", async (path, status) => {
    await expectFor(await serve(), path, status);
  });

  test("/explain that meets a bug is 500", async () => {
    await expectFor(await serve(), "/explain", 500, "?name=a.example");
  });

  test.each(PATHS)("%s that cannot be read as HTTP", async (path) => {
    const { port } = new URL(await serve());
    for (const [status, request] of [
      [400, `GET ${path} HTTP/9.9\r\n\r\n`],
      [431, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`],
    ] as const) {
      const { headers, ...answer } = await exchange({ host: "127.0.0.1", port: Number(port) }, request);
      expect(answer.status).toBe(status);
      const mediaType = headers.get("content-type");
      expectDocumented(DOCUMENT, operationOf(DOCUMENT, path, "GET"), { ...answer, mediaType });
    }
  });

  test("what is not in the document is not there, and says so as the document does", async () => {
    const url = await serve();
    const answers = [await fetch(`${url}/nothing`), await fetch(`${url}/status`, { method: "DELETE" })];
    expect(answers.map(({ status }) => status)).toEqual([404, 405]);
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { detail: string }[];
    for (const body of bodies)
      expect(problemsWith(DOCUMENT, DOCUMENT.components.schemas["Problem"]!, body)).toEqual([]);
    // The 404 names what there is.
    expect(bodies[0]?.detail).toContain(`try ${PATHS.join(", ")}.`);
  });
});

describe("the document", () => {
  test("gives each operation an id of its own, and tags that are declared", () => {
    const operations = PATHS.map((path) => operationOf(DOCUMENT, path, "GET"));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(PATHS.length);
    const declared = DOCUMENT.tags.map(({ name }) => name);
    expect(operations.flatMap(({ tags }) => tags).filter((tag) => !declared.includes(tag))).toEqual([]);
  });

  test("resolves every reference, and holds no schema that nothing refers to", () => {
    const references = JSON.stringify(DOCUMENT).matchAll(/"#\/components\/(\w+\/\w+)"/g);
    const { schemas, responses } = DOCUMENT.components;
    const held = Object.entries({ schemas, responses }).flatMap(([kind, parts]) =>
      Object.keys(parts).map((name) => `${kind}/${name}`),
    );
    expect(new Set([...references].map(([, name]) => name))).toEqual(new Set(held));
  });
});
