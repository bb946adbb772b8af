import { describe, expect, test } from "vitest";
import { Secret } from "#src/lib/secret.ts";
import { createLogger, type ProcessLoggerOptions } from "#src/ops/log.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { changes, endpoint } from "#test/support/endpoints.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

function loggerWith(more: Partial<ProcessLoggerOptions> = {}) {
  const lines: string[] = [];
  const clock = new ManualClock();
  const log = createLogger({
    level: "info",
    format: "json",
    clock,
    sink: { write: (line) => lines.push(line) },
    ...more,
  });
  const events = (): readonly Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, clock, events };
}

describe("json", () => {
  test("one event is one line with level, time, fields and its name", () => {
    const { log, lines } = loggerWith();
    log.info({ provider: "local", applied: 3 }, "changes applied");
    expect(lines).toEqual([
      '{"level":"info","time":"1970-01-01T00:00:00.000Z","provider":"local","applied":3,"msg":"changes applied"}\n',
    ]);
  });

  test("what is less severe than the level is not printed, until the level changes", () => {
    const { log, events } = loggerWith({ level: "warn" });
    log.info({}, "hidden");
    log.error({}, "shown");
    log.setLevel("debug");
    log.debug({}, "shown too");
    expect(events().map(({ msg }) => msg)).toEqual(["shown", "shown too"]);
  });

  test("a secret prints as ***, by its type or by the name of its field", () => {
    const { log, lines } = loggerWith();
    log.info(
      { key: new Secret("canary-1"), options: { password: "canary-2", headers: { authorization: "Bearer canary-3" } } },
      "started",
    );
    log.warn({ url: "https://admin:canary-4@console.local/x" }, "refused");
    expect(lines.join("")).not.toContain("canary");
    expect(lines[0]).toContain('"key":"***"');
    expect(lines[1]).toContain("https://***@console.local/x");
  });

  test("an error prints with its type, code, stack and causes", () => {
    const { log, events } = loggerWith();
    log.error({ err: new TypeError("outer", { cause: Object.assign(new Error("inner"), { code: "EIO" }) }) }, "failed");
    expect(events()[0]?.["err"]).toMatchObject({
      type: "TypeError",
      message: "outer",
      stack: expect.stringContaining("TypeError: outer") as string,
      cause: { code: "EIO", message: "inner" },
    });
  });

  test("characters that a terminal or a log reader acts on are escaped", () => {
    const { log, lines, events } = loggerWith();
    const hostile = "a\nb\u001b[31m\u007f\u009b\u2028\u202ec";
    log.info({ name: hostile }, "seen");
    expect(lines[0]).toMatch(/^[\x20-\x7e]+\n$/);
    expect(events()[0]?.["name"]).toBe(hostile);
  });

  test("a field cannot stand in for the level, the time or the event", () => {
    const { log, events } = loggerWith();
    log.info({ level: "error", msg: "forged", time: "never" }, "seen");
    expect(events()).toEqual([
      { level: "info", time: "1970-01-01T00:00:00.000Z", level_: "error", msg_: "forged", time_: "never", msg: "seen" },
    ]);
  });
});

describe("text", () => {
  test("a line is for people: time, level, event, fields", () => {
    const { log, lines } = loggerWith({ format: "text" });
    log.info({ provider: "local", applied: 3, names: ["a", "b"], reason: "two words" }, "changes applied");
    expect(lines).toEqual([
      '1970-01-01T00:00:00.000Z info  changes applied provider=local applied=3 names=["a","b"] reason="two words"\n',
    ]);
  });

  test("no value can begin a line of its own or forge a field", () => {
    const { log, lines } = loggerWith({ format: "text" });
    log.warn({ name: "x\n1970 error forged", other: "a=b c=d", empty: "" }, "seen\nforged");
    expect(lines[0]).toBe(
      '1970-01-01T00:00:00.000Z warn  seen\\nforged name="x\\n1970 error forged" other="a=b c=d" empty=""\n',
    );
  });
});

describe("the rate limit", () => {
  test("ten lines of one kind pass in a second, and the next line tells how many did not", async () => {
    const { log, clock, events } = loggerWith();
    for (let count = 0; count < 25; count += 1) log.warn({ count }, "packet dropped");
    log.warn({}, "something else");
    expect(events()).toHaveLength(11);
    await clock.advance(1_000);
    log.info({}, "next");
    expect(events().slice(11)).toEqual([
      expect.objectContaining({ level: "warn", msg: "log lines suppressed", event: "packet dropped", lines: 15 }),
      expect.objectContaining({ msg: "next" }),
    ]);
  });

  test("a kind that went quiet is printed again", async () => {
    const { log, clock, events } = loggerWith();
    for (let count = 0; count < 11; count += 1) log.warn({}, "packet dropped");
    await clock.advance(1_000);
    log.warn({}, "packet dropped");
    expect(events().filter(({ msg }) => msg === "packet dropped")).toHaveLength(11);
  });

  test("flush tells what is still held", () => {
    const { log, events } = loggerWith();
    for (let count = 0; count < 12; count += 1) log.warn({}, "packet dropped");
    log.flush();
    expect(events().at(-1)).toMatchObject({ msg: "log lines suppressed", lines: 2 });
  });

  test.each([
    ["every change of a record", "carry-out", "record changed"],
    ["every change that a dry run would make", "report", "record change planned, not made"],
  ] as const)("%s is told, however many there are in a second", async (_, writes, event) => {
    const { log, clock, events } = loggerWith();
    const create = Array.from({ length: 250 }, (_entry, index) =>
      endpoint(`n${index}.example.com`, "A", ["192.0.2.1"]),
    );
    const engine = engineOver(new MemoryStore(), { log, clock, writes });
    await engine.applyChanges(changes({ create }), unbounded());
    const names = events()
      .filter(({ msg }) => msg === event)
      .map(({ name }) => name);
    expect(new Set(names).size).toBe(250);
    log.flush();
    expect(events().map(({ msg }) => msg)).not.toContain("log lines suppressed");
  });

  test("lines below the level use up nothing", () => {
    const { log, events } = loggerWith();
    for (let count = 0; count < 20; count += 1) log.debug({}, "detail");
    log.setLevel("debug");
    log.debug({}, "detail");
    expect(events()).toHaveLength(1);
  });
});
