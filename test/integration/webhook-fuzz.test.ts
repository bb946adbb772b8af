// A hundred thousand bodies, right and bent, through everything that reads them. `FUZZ_BODIES=1000000 npm run fuzz:webhook` is
// the long proof; FUZZ_SEED repeats a run. Checks are plain comparisons: an `expect` per body would take minutes.

import { Agent, request as httpRequest } from "node:http";
import { fastify } from "fastify";
import { expect, test } from "vitest";
import type { SyncEngine } from "#src/sync/sync-engine.ts";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { EngineFailure, problemOf, reportProblem } from "#src/webhook/problem.ts";
import { parseChanges, parseEndpoints } from "#src/webhook/schema.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";
import { startWebhook } from "#test/support/webhook.ts";
import { createBodies, type PostedBody } from "#test/support/webhook-bodies.ts";

const BODIES = Number(process.env["FUZZ_BODIES"] ?? 100_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 32);
/** One in so many goes over a real socket too: HTTP takes ten times longer than what it carries. */
const SOCKET_ONE_IN = 30;
/** A store that grows for ever would make every body slower than the one before. */
const BODIES_PER_STORE = 100;
/** A slow machine under load; the run prints what it took. */
const TIMEOUT_MS = 60_000 + BODIES;

const RIGHT: ReadonlySet<number> = new Set([200, 204, 500, 503]);
const WRONG: ReadonlySet<number> = new Set([400, 413]);

test(`${BODIES} bodies do no harm`, { timeout: TIMEOUT_MS }, async () => {
  const bodies = createBodies(SEED);
  const readJson = jsonReader();
  const before = prototypeKeys();
  const statuses = new Map<number, number>();
  const sample: { readonly body: PostedBody; readonly status: number }[] = [];
  const startMs = performance.now();
  let engine = engineOver(new MemoryStore());
  for (let index = 0; index < BODIES; index += 1) {
    if (index % BODIES_PER_STORE === 0) engine = engineOver(new MemoryStore());
    const body = bodies.next();
    const status = await statusOf(body, { engine, readJson });
    const problem = harmOf(body, status);
    if (problem !== undefined) throw new Error(described(problem, index, body));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (index % SOCKET_ONE_IN === 0) sample.push({ body, status });
  }
  expect(prototypeKeys()).toEqual(before);
  await postAll(sample);
  expect(prototypeKeys()).toEqual(before);
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  const counts = [...statuses].map(([status, count]) => `${status}: ${count}`).join(", ");
  process.stdout.write(`${BODIES} bodies in ${seconds} s, ${sample.length} over sockets, seed ${SEED}; ${counts}\n`);
  // A generator that bends nothing, or everything, proves nothing.
  expect(Math.min(...[200, 204, 400, 500].map((status) => statuses.get(status) ?? 0))).toBeGreaterThan(BODIES / 200);
});

type JsonReader = (text: string) => unknown;

/** The parser of the webhook (application.ts) without its HTTP. */
function jsonReader(): JsonReader {
  const parse = fastify().getDefaultJsonParser("error", "error");
  return (text) => {
    let result: { readonly error: Error | null; readonly value: unknown } | undefined;
    const done = (error: Error | null, value?: unknown): void => {
      result = { error, value };
    };
    // The parser looks at the body alone.
    void parse(undefined as never, text, done);
    if (result === undefined) throw new Error("the parser did not answer at once");
    if (result.error !== null) throw result.error;
    return result.value;
  };
}

/** What the webhook would answer; 0 for a bug. */
async function statusOf(
  { call, bytes }: PostedBody,
  { engine, readJson }: { readonly engine: SyncEngine; readonly readJson: JsonReader },
): Promise<number> {
  try {
    const json = readJson(bytes.toString());
    if (call === "adjustendpoints") {
      const wanted = parseEndpoints(json);
      await engine.adjustEndpoints(wanted, unbounded()).catch(rethrow);
      return 200;
    }
    const changes = parseChanges(json);
    return reportProblem(await engine.applyChanges(changes, unbounded()).catch(rethrow))?.status ?? 204;
  } catch (error) {
    const { problem, isBug } = problemOf(error);
    return isBug ? 0 : problem.status;
  }
}

function rethrow(cause: unknown): never {
  throw new EngineFailure(cause);
}

function harmOf({ isRight }: PostedBody, status: number): string | undefined {
  if (isRight && !RIGHT.has(status)) return `a right body was answered with ${status}`;
  if (!RIGHT.has(status) && !WRONG.has(status)) return `answered with ${status}`;
  return undefined;
}

/** The sample over kept connections, as external-dns would send it; what is refused must be refused there too. */
async function postAll(sample: readonly { readonly body: PostedBody; readonly status: number }[]): Promise<void> {
  const webhook = await startWebhook(engineOver(new MemoryStore()));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const [index, { body, status }] of sample.entries()) {
    const answered = await post(webhook.port, agent, body);
    if (WRONG.has(answered) !== WRONG.has(status) || harmOf(body, answered) !== undefined) {
      throw new Error(described(`answered with ${answered} over a socket`, index * SOCKET_ONE_IN, body));
    }
  }
  expect(webhook.bugs()).toBe(0);
  agent.destroy();
  await webhook.server.stop();
}

function post(port: number, agent: Agent, { call, bytes }: PostedBody): Promise<number> {
  const path = call === "apply" ? "/records" : "/adjustendpoints";
  const headers = { "content-type": MEDIA_TYPE, "content-length": bytes.length };
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", port, path, method: "POST", agent, headers }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    });
    sent.on("error", reject);
    sent.end(bytes);
  });
}

function prototypeKeys(): readonly string[] {
  return [Object, Array, Map, Function, String, Number].flatMap((one) =>
    Reflect.ownKeys(one.prototype as object).map((key) => `${one.name}.${String(key)}`),
  );
}

function described(problem: string, index: number, { call, bytes }: PostedBody): string {
  return `${problem}: seed ${SEED}, body ${index}, ${call}, ${bytes.subarray(0, 4_000).toString("base64")} (base64)`;
}
