// An inventory on an API in memory for each test of a file: `api` answers, `start` begins, and it is stopped with the test.

import { expect, onTestFinished } from "vitest";
import { ScriptedApi } from "./scripted-api.ts";
import { type Watched, type WatchedOptions, watched } from "./watched.ts";

export const MINUTE_MS = 60_000;

/** With two objects, a and b. */
export function createApi(): ScriptedApi {
  const api = new ScriptedApi();
  api.put("a");
  api.put("b");
  return api;
}

export async function startOn(api: ScriptedApi, options: WatchedOptions = {}): Promise<Watched> {
  const running = watched(api.transport, options);
  onTestFinished(() => running.inventory.stop());
  await running.inventory.start();
  await running.clock.advance(0);
  return running;
}

/** Started, listed, and watching. */
export async function startWatchingOn(api: ScriptedApi, options: WatchedOptions = {}): Promise<Watched> {
  const started = await startOn(api, options);
  expect(started.names()).toEqual(["a", "b"]);
  expect(started.kind().state).toBe("watching");
  return started;
}
