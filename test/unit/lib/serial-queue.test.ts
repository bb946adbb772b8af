// The serial queue: one after the other, in order; nobody's failure or impatience stops the others.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { createSerialQueue } from "#src/lib/serial-queue.ts";

const PATIENT = new AbortController().signal;

test("work runs in the order it was asked for, never two at once", async () => {
  const queue = createSerialQueue();
  const events: string[] = [];
  const work = (label: string, turns: number) => async () => {
    events.push(`${label} begins`);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    events.push(`${label} ends`);
  };
  await Promise.all([
    queue.run(work("a", 9), PATIENT),
    queue.run(work("b", 1), PATIENT),
    queue.run(work("c", 5), PATIENT),
  ]);
  expect(events).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("each caller gets the result of its own work", async () => {
  const queue = createSerialQueue();
  const results = [1, 2, 3].map((value) => queue.run(() => Promise.resolve(value), PATIENT));
  expect(await Promise.all(results)).toEqual([1, 2, 3]);
});

describe("work that fails", () => {
  test("rejects for its caller only, and the next one runs", async () => {
    const queue = createSerialQueue();
    const failed = new Error("failed");
    const first = queue.run(() => Promise.reject(failed), PATIENT);
    const second = queue.run(() => Promise.resolve("done"), PATIENT);
    await expect(first).rejects.toBe(failed);
    expect(await second).toBe("done");
  });

  test("by throwing before its first await does the same", async () => {
    const queue = createSerialQueue();
    const failed = new Error("failed");
    const first = queue.run(() => {
      throw failed;
    }, PATIENT);
    const second = queue.run(() => Promise.resolve("done"), PATIENT);
    await expect(first).rejects.toBe(failed);
    expect(await second).toBe("done");
  });
});

describe("an abort while waiting", () => {
  test("rejects at once with the signal's reason, and the work never begins", async () => {
    const queue = createSerialQueue();
    const running = Promise.withResolvers<string>();
    const first = queue.run(() => running.promise, PATIENT);
    const impatient = new AbortController();
    let begun = false;
    const second = queue.run(async () => {
      begun = true;
    }, impatient.signal);
    const reason = new Error("deadline");
    impatient.abort(reason);
    // The first is still running here: the rejection did not wait for it.
    await expect(second).rejects.toBe(reason);
    running.resolve("first");
    expect(await first).toBe("first");
    await queue.run(() => Promise.resolve(), PATIENT);
    expect(begun).toBe(false);
  });

  test("does not let the next one pass what is still running", async () => {
    const queue = createSerialQueue();
    const running = Promise.withResolvers<void>();
    const events: string[] = [];
    const first = queue.run(async () => {
      await running.promise;
      events.push("first ends");
    }, PATIENT);
    const impatient = new AbortController();
    const second = queue.run(() => Promise.resolve(), impatient.signal);
    const third = queue.run(async () => void events.push("third begins"), PATIENT);
    impatient.abort(new Error("deadline"));
    await expect(second).rejects.toThrow("deadline");
    running.resolve();
    await Promise.all([first, third]);
    expect(events).toEqual(["first ends", "third begins"]);
  });

  test("of a signal that was aborted before rejects although nothing is running", async () => {
    const queue = createSerialQueue();
    let begun = false;
    const work = async (): Promise<void> => {
      begun = true;
    };
    await expect(queue.run(work, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
    expect(begun).toBe(false);
    expect(await queue.run(() => Promise.resolve("done"), PATIENT)).toBe("done");
  });

  test("with a reason that is no error rejects with an error that says it", async () => {
    const work = createSerialQueue().run(() => Promise.resolve(), AbortSignal.abort("shutting down"));
    await expect(work).rejects.toThrow(new Error("shutting down"));
  });
});

test("an abort after the work has begun leaves it to the work", async () => {
  const queue = createSerialQueue();
  const controller = new AbortController();
  const result = queue.run(async () => {
    controller.abort(new Error("deadline"));
    await Promise.resolve();
    return "finished all the same";
  }, controller.signal);
  expect(await result).toBe("finished all the same");
});

test("the results of settled work are let go", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: unknown = runInNewContext("gc");
  if (typeof collectGarbage !== "function") throw new Error("this Node offers no gc()");
  const queue = createSerialQueue();
  const results: WeakRef<object>[] = [];
  for (let run = 0; run < 3; run += 1) {
    await queue.run(async () => {
      const result = { run };
      results.push(new WeakRef(result));
      return result;
    }, PATIENT);
  }
  // A weak reference holds on until the turn of the event loop that read or made it is over.
  await new Promise(setImmediate);
  collectGarbage();
  expect(results.map((result) => result.deref())).toEqual([undefined, undefined, undefined]);
  expect(await queue.run(() => Promise.resolve("still in use"), PATIENT)).toBe("still in use");
});
