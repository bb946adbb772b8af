// One call with its repetitions: what is sent again, after which wait, and what is not.

import { expect, test } from "vitest";
import type { Reply } from "#src/providers/unifi/classify.ts";
import { retryAfterMs } from "#src/providers/unifi/classify.ts";
import { type Call, createConsoleClient } from "#src/providers/unifi/console-client.ts";
import { createKeyAccess } from "#src/providers/unifi/key-access.ts";
import type { Exchanged, Method } from "#src/providers/unifi/transport.ts";
import { unbounded } from "#test/support/engine.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const CALL_TIMEOUT_MS = 5_000;
const RESET: Exchanged = { kind: "failed", code: "ECONNRESET" };

function answer(status: number, more: { body?: string; retryAfter?: string } = {}): Exchanged {
  const { body = "{}", retryAfter } = more;
  return {
    kind: "answer",
    status,
    contentType: "application/json",
    retryAfter,
    setCookies: [],
    csrfToken: undefined,
    body: new TextEncoder().encode(body),
  };
}

/** Sends one call to a console that gives these answers in turn; the last one for ever. */
async function send(method: Method, answers: readonly Exchanged[], advanceMs = CALL_TIMEOUT_MS) {
  const clock = new ManualClock();
  const sentAtMs: number[] = [];
  const client = createConsoleClient({
    baseUrl: "https://console",
    access: createKeyAccess(() => "key"),
    callTimeoutMs: CALL_TIMEOUT_MS,
    clock,
    random: Math.random,
    exchange: (_request, signal) => {
      if (signal.aborted) return Promise.resolve({ kind: "failed", code: "ABORTED" });
      sentAtMs.push(clock.nowMs());
      return Promise.resolve(answers[Math.min(sentAtMs.length, answers.length) - 1] ?? RESET);
    },
  });
  const call: Call = { method, path: "/x", operation: "test" };
  const outcome = client.send(call, unbounded()).then(
    (reply: Reply) => (reply.ok ? "ok" : reply.refusal.kind),
    (error: { code: string }) => error.code,
  );
  await clock.advance(advanceMs);
  return { outcome: await outcome, sentAtMs };
}

test.each([
  { what: "a reset", first: RESET },
  { what: "500", first: answer(500) },
  { what: "503", first: answer(503) },
  { what: "429", first: answer(429) },
])("a read is repeated after $what, twice at most", async ({ first }) => {
  expect(await send("GET", [first, answer(200)])).toMatchObject({ outcome: "ok", sentAtMs: { length: 2 } });
  expect((await send("GET", [first])).sentAtMs).toHaveLength(3);
});

test.each(["POST", "PUT", "DELETE"] as const)("a %s is never repeated when it may have been done", async (method) => {
  for (const first of [RESET, answer(500), answer(502), answer(503), answer(504)]) {
    expect((await send(method, [first, answer(200)])).sentAtMs).toHaveLength(1);
  }
});

test("a write that was turned away unread is repeated once", async () => {
  expect(await send("POST", [answer(429), answer(200)])).toMatchObject({ outcome: "ok", sentAtMs: { length: 2 } });
  expect(await send("POST", [answer(429)])).toMatchObject({ outcome: "unifi.rate-limit", sentAtMs: { length: 2 } });
});

test("a wait that the console asks for is kept, and one beyond the deadline is not begun", async () => {
  const { sentAtMs } = await send("GET", [answer(429, { retryAfter: "2" }), answer(200)]);
  const [first = 0, second = 0] = sentAtMs;
  expect(second - first).toBe(2_000);
  const late = await send("GET", [answer(503, { retryAfter: "5" }), answer(200)], 0);
  expect(late).toEqual({ outcome: "unifi.away", sentAtMs: [0] });
});

test("what repetitions cannot mend is not repeated", async () => {
  for (const status of [400, 404, 409, 418, 301]) {
    expect((await send("GET", [answer(status)])).sentAtMs).toHaveLength(1);
  }
});

test.each([
  { text: "3", ms: 3_000 },
  { text: "0", ms: 0 },
  { text: "Thu, 01 Jan 1970 00:00:11 GMT", ms: 1_000 },
  { text: "Thu, 01 Jan 1970 00:00:05 GMT", ms: 0 },
  { text: "soon", ms: undefined },
  { text: "-5", ms: undefined },
  { text: "", ms: undefined },
  { text: undefined, ms: undefined },
])("Retry-After $text is a wait of $ms ms", ({ text, ms }) => {
  expect(retryAfterMs(text, 10_000)).toBe(ms);
});
