// Whatever arrives at its ports, the whole process gives each its clear error, goes on answering, and loses nothing stored.
/* oxlint-disable vitest/expect-expect, vitest/no-standalone-expect -- what holds after every test stands in afterEach */

import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import { answerTcp, answerUdp, askUdp, TcpClient, withLength } from "#test/support/dns/clients.ts";
import { lookup, valuesOf } from "#test/support/dns/lookup.ts";
import { buildQuery, DEFAULT_EDNS, nameOctets, readReply } from "#test/support/dns/packets.ts";
import { createRandom } from "#test/support/random.ts";
import { exchange } from "#test/support/raw-http.ts";
import { useZonegate } from "#test/support/zonegate-process.ts";

const KEPT = "kept.home.example.com";
const KEPT_VALUES = ["A 192.168.20.10"];
/** Long enough that a wrong answer would have come over loopback. */
const SILENCE_MS = 200;

const zonegate = useZonegate({ env: { ZONES: "home.example.com", DATA_DIR: "records" } });
let stored = "";

beforeAll(async () => {
  const source = [endpoint(KEPT, "A", ["192.168.20.10"]), endpoint("alias.home.example.com", "CNAME", [KEPT])];
  const dns = createExternalDns({ url: zonegate().webhookUrl, source: () => source });
  expect(await dns.negotiate()).toMatchObject({ outcome: "ready" });
  expect(await dns.loop()).toMatchObject({ outcome: "applied" });
  dns.close();
  stored = await listed();
});

/** After each of them: the process lives, answers, is no bug richer, and holds exactly what it held. */
afterEach(async () => {
  expect(valuesOf(await lookup(zonegate().dns, KEPT))).toEqual(KEPT_VALUES);
  expect((await fetch(`${zonegate().opsUrl}/livez`)).status).toBe(200);
  expect(await listed()).toBe(stored);
  expect(
    zonegate()
      .events()
      .filter(({ level }) => level === "error"),
  ).toEqual([]);
});

async function listed(): Promise<string> {
  return (await fetch(`${zonegate().webhookUrl}/records`)).text();
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function send({ method = "POST", path = "/records", headers = {}, body }: Sent): Promise<Response> {
  const sent = { "content-type": MEDIA_TYPE, ...headers };
  return fetch(`${zonegate().webhookUrl}${path}`, { method, headers: sent, ...(body === undefined ? {} : { body }) });
}

function changes(create: object): string {
  return JSON.stringify({ create: [{ labels: { owner: "default" }, ...create }] });
}

/** What RFC 9457 asks of an error, and no stack. */
async function expectProblem(answer: Response, status: number, code: string): Promise<string> {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ status, code, detail: expect.stringMatching(/.\.$/) });
  expect(answer.status).toBe(status);
  expect(text).not.toContain(".ts:");
  return text;
}

const A = { dnsName: "new.home.example.com", recordType: "A", targets: ["192.0.2.1"] };
const LONG_LABEL = `${"a".repeat(64)}.home.example.com`;
const LONG_NAME = `${"a.".repeat(120)}home.example.com`;

describe("a request to the webhook", () => {
  test.each<[string, Sent, number, string]>([
    ["whose JSON is cut", { body: '{"create":[' }, 400, "request.body_not_json"],
    ["without a body", {}, 400, "request.body_empty"],
    ["whose JSON is no Changes", { body: "[1]" }, 400, "request.body_invalid"],
    ["whose endpoints are no list", { body: '{"create":{}}' }, 400, "request.body_invalid"],
    ["nested without end", { body: "[".repeat(200_000) }, 400, "request.body_not_json"],
    ["nested deep", { body: `{"create":${"[".repeat(5_000)}${"]".repeat(5_000)}}` }, 400, "request.body_invalid"],
    ["whose TTL is a fraction", { body: changes({ ...A, recordTTL: 1.5 }) }, 400, "request.body_invalid"],
    ["with method PUT", { method: "PUT", body: "{}" }, 405, "request.method"],
    ["with method DELETE", { method: "DELETE", path: "/" }, 405, "request.method"],
    ["to no path of ours", { path: "/record", body: "{}" }, 404, "request.no_such_path"],
    ["of media type JSON", { headers: { "content-type": "application/json" }, body: "{}" }, 415, "request.media_type"],
    ["that accepts HTML", { method: "GET", headers: { accept: "text/html" } }, 406, "request.not_acceptable"],
    ["from a browser's page", { headers: { origin: "http://evil.example" }, body: "{}" }, 403, "request.from_browser"],
    ["with __proto__", { body: '{"__proto__":{"create":[]}}' }, 400, "request.body_not_json"],
    [
      "with __proto__ in labels",
      {
        body: '{"create":[{"dnsName":"new.home.example.com","recordType":"A","targets":[],"labels":{"__proto__":"x"}}]}',
      },
      400,
      "request.body_not_json",
    ],
    [
      "with constructor.prototype",
      { body: '{"create":[{"constructor":{"prototype":{"x":1}}}]}' },
      400,
      "request.body_not_json",
    ],
    [
      "with 60,001 endpoints",
      { body: JSON.stringify({ create: Array.from({ length: 60_001 }, () => ({})) }) },
      413,
      "request.too_many_endpoints",
    ],
  ])("%s gets its problem", async (_what, sent, status, code) => {
    await expectProblem(await send(sent), status, code);
  });

  test("too large is refused before its body is read", async () => {
    const { port } = zonegate().webhooks[0]!;
    const head = `POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${MEDIA_TYPE}\r\nConnection: close\r\n`;
    const answer = await exchange({ host: "127.0.0.1", port }, `${head}Content-Length: ${2 ** 25 + 1}\r\n\r\n{`);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "request.too_large" });
  });

  test("that is no HTTP is told so", async () => {
    const { port } = zonegate().webhooks[0]!;
    expect((await exchange({ host: "127.0.0.1", port }, "\u0016\u0003\u0001 hello\r\n\r\n")).status).toBe(400);
  });

  test.each([
    ["an unknown record type", { ...A, recordType: "WKS" }, "WKS"],
    ["a label over 63 octets", { ...A, dnsName: LONG_LABEL }, "63"],
    ["a name over 255 octets", { ...A, dnsName: LONG_NAME }, "255"],
    ["no name", { ...A, dnsName: "" }, "the name is empty"],
    ["an address that is none", { ...A, targets: ["192.0.2.999"] }, "192.0.2.999"],
    ["no target", { ...A, targets: [] }, "target"],
    ["a type named like a method of objects", { ...A, recordType: "toString" }, "toString"],
  ])("to create %s is refused for good, with the reason", async (_what, create, reason) => {
    expect(await expectProblem(await send({ body: changes(create) }), 500, "apply.refused")).toContain(reason);
  });

  test("whose endpoint is refused loses none of the others", async () => {
    const good = { ...A, labels: { owner: "default" } };
    const bad = { ...good, dnsName: LONG_LABEL };
    const together = await send({ body: JSON.stringify({ create: [good, bad] }) });
    await expectProblem(together, 500, "apply.refused");
    expect(valuesOf(await lookup(zonegate().dns, A.dnsName))).toEqual(["A 192.0.2.1"]);
    expect((await send({ body: JSON.stringify({ delete: [good] }) })).status).toBe(204);
  });

  test("to delete or change what is not proven ours is refused", async () => {
    const foreign = { dnsName: KEPT, recordType: "A", targets: ["192.168.20.10"] };
    await expectProblem(await send({ body: JSON.stringify({ delete: [foreign] }) }), 500, "apply.refused");
    const change = { updateOld: [foreign], updateNew: [{ ...foreign, targets: ["192.0.2.66"] }] };
    await expectProblem(await send({ body: JSON.stringify(change) }), 500, "apply.refused");
  });
});

describe("a request to the ops port", () => {
  test.each([
    ["POST", "/status", 405],
    ["GET", "/etc/passwd", 404],
    ["GET", "/%zz", 400],
  ])("%s %s gets its problem", async (method, path, status) => {
    const answer = await fetch(`${zonegate().opsUrl}${path}`, { method });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.status).toBe(status);
  });
});

/** A header with one question and nothing else. */
const HEADER = [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
const KEPT_QUERY = buildQuery({ name: KEPT });

describe("a datagram", () => {
  test.each([
    ["that is a response", buildQuery({ name: KEPT, flags: 0x8000 })],
    ["of one octet", Uint8Array.of(0)],
    ["shorter than a header", KEPT_QUERY.slice(0, 11)],
  ])("%s is met with silence", async (_what, datagram) => {
    expect(await askUdp(zonegate().dns, datagram, SILENCE_MS)).toBeUndefined();
  });

  test.each([
    ["whose name points at itself", [...HEADER, 0xc0, 0x0c, 0, 1, 0, 1]],
    ["whose name points in a circle", [...HEADER, 1, 0x61, 0xc0, 0x0c, 0, 1, 0, 1]],
    ["whose name points behind the end", [...HEADER, 0xff, 0xff, 0, 1, 0, 1]],
    ["that ends within its name", [...HEADER, 63, 0x61]],
    ["whose label has an unknown kind", [...HEADER, 0x80, 0, 0, 1, 0, 1]],
    ["whose name has more than 255 octets", [...HEADER, ...nameOctets("abcdefg.".repeat(33)), 0, 1, 0, 1]],
    ["without a question", HEADER.with(5, 0)],
    ["with two questions", [...KEPT_QUERY.with(5, 2), ...nameOctets(KEPT), 0, 1, 0, 1]],
  ])("%s is FORMERR", async (_what, octets) => {
    const reply = await answerUdp(zonegate().dns, Uint8Array.from(octets));
    // Read by hand: a codec may refuse what we give back of such a question.
    expect([reply[0], reply[1], (reply[3] ?? 0) & 0x0f]).toEqual([0x12, 0x34, 1]);
  });

  test.each([
    ["of opcode UPDATE", "NOTIMP", buildQuery({ name: KEPT, opcode: 5 })],
    ["of opcode NOTIFY", "NOTIMP", buildQuery({ name: KEPT, opcode: 4 })],
    ["that wants the whole zone", "NOTIMP", buildQuery({ name: "home.example.com", type: "AXFR" })],
    ["of EDNS version 1", "BADVERS", buildQuery({ name: KEPT, edns: { ...DEFAULT_EDNS, version: 1 } })],
    ["of class CH", "REFUSED", buildQuery({ name: KEPT, class: "CH" })],
    ["about a name outside", "REFUSED", buildQuery({ name: "www.example.net" })],
  ])("%s is %s", async (_what, rcode, query) => {
    expect(readReply(await answerUdp(zonegate().dns, query)).rcode).toBe(rcode);
  });

  test("of noise, a thousand times, ends nothing", async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = createRandom(seed);
    console.info(`noise of seed ${seed}`);
    for (let round = 0; round < 1_000; round += 1) {
      const octets = Uint8Array.from({ length: random.below(600) }, () => random.below(256));
      // Half of them a real query with some octets changed.
      const datagram = random.chance(0.5) ? octets : damagedQuery(octets);
      await askUdp(zonegate().dns, datagram, 0);
      // In step with the server: an answer says that all before it were read.
      if (round % 50 === 0) await lookup(zonegate().dns, KEPT);
    }
  });
});

function damagedQuery(octets: Uint8Array): Uint8Array {
  const query = Uint8Array.from(KEPT_QUERY);
  for (let index = 0; index < Math.min(4, octets.length); index += 1) {
    query[(octets[index] ?? 0) % query.length] = octets.at(-index) ?? 0;
  }
  return query;
}

describe("a TCP stream", () => {
  test("of 64 KiB of noise is closed", async () => {
    const client = await TcpClient.connect(zonegate().dns);
    client.write(withLength(new Uint8Array(65_535).fill(0xff)));
    expect(await client.untilClosed()).toHaveLength(0);
    client.destroy();
  });

  test("that begins with a message of no octets is closed", async () => {
    const client = await TcpClient.connect(zonegate().dns);
    client.write(Uint8Array.of(0, 0, 0, 0));
    expect(await client.untilClosed()).toEqual([]);
    client.destroy();
  });

  test("that ends within a message is closed, and others are answered meanwhile", async () => {
    const client = await TcpClient.connect(zonegate().dns);
    client.write(withLength(KEPT_QUERY).slice(0, 9));
    expect(readReply(await answerTcp(zonegate().dns, KEPT_QUERY)).rcode).toBe("NOERROR");
    const startMs = performance.now();
    expect(await client.untilClosed()).toEqual([]);
    console.info(`half a message over TCP: closed after ${Math.round(performance.now() - startMs)} ms`);
    client.destroy();
  });

  test("that pipelines noise behind a query gets its answer first", async () => {
    const client = await TcpClient.connect(zonegate().dns);
    client.write(Uint8Array.from([...withLength(KEPT_QUERY), ...withLength(new Uint8Array(5))]));
    const [reply] = await client.replies(1);
    expect(readReply(reply!).rcode).toBe("NOERROR");
    client.destroy();
  });
});
